import { AS_IN_SOURCE } from "./placeholder-source.ts";

/** Plain data of a plan. */
export type PlanData = string | number | boolean | null | readonly PlanData[] | { readonly [key: string]: PlanData };

/** A request or options as plain data: what is undefined is left out, and a number that nobody knows is said to be so. */
export function toPlanData(value: unknown): PlanData {
  if (typeof value === "number") return Number.isNaN(value) ? AS_IN_SOURCE : value;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(toPlanData);
  if (typeof value !== "object" || value === null) return null;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, toPlanData(inner)]));
}
