import type { z } from "zod";
import { type ActionName, actions, type RequestOf } from "../../outscale/oapi.ts";
import { Refusal } from "../refusal.ts";

type Schemas = { readonly [A in ActionName]: { readonly request: z.ZodType<RequestOf<A>> } };
const schemas: Schemas = actions;

export function isAction(name: string): name is ActionName {
  return Object.hasOwn(actions, name);
}

/**
 * A request's body, checked against the action's schema. An empty body counts as `{}`.
 * @param strict Refuse unknown fields and nulls; otherwise they are left out
 * @throws {Refusal} `bad-parameter`, naming every field that is wrong
 */
export function parseRequest<A extends ActionName>(action: A, body: Buffer, strict: boolean): RequestOf<A> {
  const raw = parseJson(body);
  const { request: schema } = schemas[action];
  const first = schema.safeParse(strict ? raw : withoutNulls(raw));
  if (first.success) return first.data;
  const second = strict ? first : schema.safeParse(withoutUnknown(withoutNulls(raw), first.error.issues));
  if (second.success) return second.data;
  const problems = second.error.issues.map(({ path, message }) => `${path.join(".") || "the body"}: ${message}`);
  throw new Refusal("bad-parameter", problems.join("; "));
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new Refusal("bad-parameter", "The body is not JSON");
  }
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(kept.map(([key, field]) => [key, withoutNulls(field)]));
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
