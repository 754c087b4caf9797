import type { $ZodIssue } from "zod/v4/core";
import { PARSED_ONCE } from "../common/parsed-once.ts";
import { type ActionName, actions, type ResponseOf } from "./oapi.ts";

/** A body read as JSON, without its nulls: for the API, absent and null are the same. Undefined if it is none. */
export function parseBody(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text, (_key, value: unknown) => (value === null ? undefined : withoutHoles(value)));
  } catch {
    return undefined;
  }
}

/** A list in which there were nulls has holes in their places. */
function withoutHoles(value: unknown): unknown {
  return Array.isArray(value) ? value.filter(() => true) : value;
}

export type ReadAnswer<A extends ActionName> =
  | { readonly value: ResponseOf<A>; readonly dropped: readonly string[] }
  | { readonly problem: string };

/**
 * Reads the body of a successful answer by the action's schema.
 *
 * Where an optional field is not as described, it is dropped: a build does not fail for a field that nobody reads.
 * A field that every answer has, and that this one lacks, is a problem; so is one in a list of what every answer has, as a
 * list without it would tell that a thing is not there.
 */
export function readAnswer<A extends ActionName>(action: A, body: unknown): ReadAnswer<A> {
  const first = parse(action, body);
  if (first.success) return { value: first.data, dropped: [] };
  const dropped = first.error.issues.map(({ path }) => path);
  for (const path of dropped) removeAt(body, path);
  const second = parse(action, body);
  if (second.success) return { value: second.data, dropped: dropped.map(textOf) };
  const value = parseWithout(action, body, { issues: second.error.issues, dropped });
  if (value !== undefined) return { value, dropped: dropped.map(textOf) };
  return { problem: second.error.issues.map(({ path, message }) => `${textOf(path)}: ${message}`).join("; ") };
}

interface Lacking {
  readonly issues: readonly $ZodIssue[];
  /** Of every field that was removed; gets those that are removed now. */
  readonly dropped: (readonly PropertyKey[])[];
}

/** Leaves out the objects that lack what such an object always has. @returns undefined when the answer itself needs one */
function parseWithout<A extends ActionName>(
  action: A,
  body: unknown,
  { issues, dropped }: Lacking,
): ResponseOf<A> | undefined {
  for (let left = issues; ; ) {
    const objects = left.flatMap(({ path }) => {
      const object = nearestPresent(body, path);
      return object === undefined ? [] : [object];
    });
    if (objects.length === 0) return undefined;
    for (const path of objects) removeAt(body, path);
    dropped.push(...objects);
    const parsed = parse(action, body);
    if (parsed.success) return parsed.data;
    left = parsed.error.issues;
  }
}

/** The innermost field on a path that is there; never an element of a list. */
function nearestPresent(body: unknown, path: readonly PropertyKey[]): readonly PropertyKey[] | undefined {
  const prefixes = path.map((_, index) => path.slice(0, path.length - index));
  return prefixes.find((prefix) => typeof prefix.at(-1) !== "number" && valueAt(body, prefix) !== undefined);
}

type Parsed<A extends ActionName> =
  | { readonly success: true; readonly data: ResponseOf<A> }
  | { readonly success: false; readonly error: { readonly issues: readonly $ZodIssue[] } };

function parse<A extends ActionName>(action: A, body: unknown): Parsed<A> {
  // The compiler cannot follow that the schema found by the action's name parses to that action's answer.
  return actions[action].response.safeParse(body, isLong(body) ? {} : PARSED_ONCE) as Parsed<A>;
}

/** A list that is worth a function of its own. */
function isLong(body: unknown): boolean {
  return isObject(body) && Object.values(body).some((value) => Array.isArray(value) && value.length > MANY);
}

const MANY = 200;

function removeAt(body: unknown, path: readonly PropertyKey[]): void {
  const key = path.at(-1);
  const parent = valueAt(body, path.slice(0, -1));
  if (key !== undefined && isObject(parent)) Reflect.deleteProperty(parent, key);
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value: unknown, step) => (isObject(value) ? Reflect.get(value, step) : undefined), body);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function textOf(path: readonly PropertyKey[]): string {
  return path.map(String).join(".") || "the body";
}
