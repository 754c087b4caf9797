import type { RenderContext } from "./context.ts";

/**
 * The time and the random ids of every run, where two runs are compared: `{{timestamp}}` in a name must not look like a
 * change.
 */
export const sameInEveryRun = {
  now: new Date("2001-02-03T04:05:06Z"),
  functions: { uuid: { params: [], call: () => "00000000-0000-0000-0000-000000000000" } },
} as const satisfies RenderContext;
