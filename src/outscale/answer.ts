import type { $ZodIssue } from "zod/v4/core";
import { type ActionName, actions, type ResponseOf } from "./oapi.ts";

/** A body read as JSON, without the fields that are null: for the API, absent and null are the same. Undefined if it is none. */
export function parseBody(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text, (_key, value: unknown) => (value === null ? undefined : value));
  } catch {
    return undefined;
  }
}

export type ReadAnswer<A extends ActionName> =
  | { readonly value: ResponseOf<A>; readonly dropped: readonly string[] }
  | { readonly problem: string };

/**
 * Reads the body of a successful answer by the action's schema.
 *
 * Where an optional field is not as described, it is dropped: a build does not fail for a field that nobody reads.
 * A field that every answer has, and that this one lacks, is a problem.
 */
export function readAnswer<A extends ActionName>(action: A, body: unknown): ReadAnswer<A> {
  const first = parse(action, body);
  if (first.success) return { value: first.data, dropped: [] };
  const { issues } = first.error;
  for (const { path } of issues) removeAt(body, path);
  const second = parse(action, body);
  if (second.success) return { value: second.data, dropped: issues.map(pathOf) };
  return { problem: second.error.issues.map((issue) => `${pathOf(issue)}: ${issue.message}`).join("; ") };
}

type Parsed<A extends ActionName> =
  | { readonly success: true; readonly data: ResponseOf<A> }
  | { readonly success: false; readonly error: { readonly issues: readonly $ZodIssue[] } };

function parse<A extends ActionName>(action: A, body: unknown): Parsed<A> {
  // The compiler cannot follow that the schema found by the action's name parses to that action's answer.
  return actions[action].response.safeParse(body) as Parsed<A>;
}

function removeAt(body: unknown, path: readonly PropertyKey[]): void {
  const key = path.at(-1);
  let parent = body;
  for (const step of path.slice(0, -1)) parent = isObject(parent) ? Reflect.get(parent, step) : undefined;
  if (key !== undefined && isObject(parent)) Reflect.deleteProperty(parent, key);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function pathOf({ path }: Pick<$ZodIssue, "path">): string {
  return path.map(String).join(".") || "the body";
}
