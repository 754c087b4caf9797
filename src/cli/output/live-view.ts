import type { TextSink } from "../../terminal/io.ts";
import { LiveLines } from "./live-lines.ts";
import { shortNames } from "./short-names.ts";

/** What a terminal that can move its cursor has below what is said: a line for each build. */
export interface LiveView {
  readonly lines: LiveLines;
  /** The builds' names as these lines show them. */
  readonly names: ReadonlyMap<string, string>;
}

/** @param builds The builds' names, in their order */
export function openLiveView(stdout: TextSink, builds: readonly string[]): LiveView {
  return { lines: new LiveLines(stdout), names: shortNames(builds) };
}
