import type { z } from "zod";
import { schemaProblems } from "../../common/schema-problems.ts";
import { type ActionName, actions, type RequestOf } from "../../outscale/oapi.ts";
import { Refusal } from "../refusal.ts";

type Schemas = { readonly [A in ActionName]: { readonly request: z.ZodType<RequestOf<A>> } };
const schemas: Schemas = actions;

export function isAction(name: string): name is ActionName {
  return Object.hasOwn(actions, name);
}

/** No request of the API nests so deep; what does would overflow the stack somewhere behind. */
const DEEPEST = 32;
/** Texts are kept with what they describe. */
const LONGEST_TEXT = 4_096;
/** A body may have ten thousand faults. */
const LONGEST_DETAILS = 1_000;

/**
 * A request's body, checked against the action's schema. An empty body counts as `{}`, a field that is null as absent.
 * @param strict Refuse unknown fields; otherwise they are left out
 * @throws {Refusal} `bad-parameter`, naming the fields that are wrong
 */
export function parseRequest<A extends ActionName>(action: A, body: Buffer, strict: boolean): RequestOf<A> {
  const given = normalised(parseJson(body), DEEPEST);
  const { request: schema } = schemas[action];
  const first = schema.safeParse(given);
  if (first.success) return first.data;
  const second = strict ? first : schema.safeParse(withoutUnknown(given, first.error.issues));
  if (second.success) return second.data;
  throw new Refusal("bad-parameter", schemaProblems(second.error, "the body").join("; ").slice(0, LONGEST_DETAILS));
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new Refusal("bad-parameter", "The body is not JSON");
  }
}

/**
 * A value without its nulls: the Go SDK sends a list that it has no values for as null, and the platform takes it.
 * @throws {Refusal} for what is too deep or too long to be handled
 */
function normalised(value: unknown, depth: number): unknown {
  if (typeof value === "string" && value.length > LONGEST_TEXT) {
    throw new Refusal("bad-length", `A text has at most ${LONGEST_TEXT} characters, not ${value.length}`);
  }
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) throw new Refusal("bad-parameter", `The body nests deeper than ${DEEPEST} levels`);
  if (Array.isArray(value)) return value.map((element) => normalised(element, depth - 1));
  const kept = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(kept.map(([key, field]) => [key, normalised(field, depth - 1)]));
}

function withoutUnknown(value: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const copy = structuredClone(value);
  for (const issue of issues) {
    if (issue.code !== "unrecognized_keys") continue;
    const parent = issue.path.reduce<unknown>((at, key) => (isObject(at) ? Reflect.get(at, key) : undefined), copy);
    if (isObject(parent)) for (const key of issue.keys) Reflect.deleteProperty(parent, key);
  }
  return copy;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
