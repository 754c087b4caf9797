import { rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { UsageError } from "../../common/errors.ts";
import { occupantProblem } from "../../common/occupant.ts";
import { partialName, writeWholeFile } from "../../common/whole-file.ts";
import type { Io } from "../../terminal/io.ts";
import { ciLogOf } from "../ci/ci-log.ts";

/** What may be given in a file's place: there is nothing to be replaced, and so they are written to. */
const STREAMS: ReadonlyMap<string, "stdout" | "stderr" | "nowhere"> = new Map([
  ...["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].map((path) => [path, "stdout"] as const),
  ...["/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"].map((path) => [path, "stderr"] as const),
  ["/dev/null", "nowhere"],
]);

/** Whether a path is that of a stream, which has no file beside it. */
export function isStream(path: string): boolean {
  return STREAMS.has(resolve(path));
}

/**
 * Tries whether a file can be written, without touching what is there: better now than after an hour's build.
 * @throws {UsageError} when it cannot
 */
export function checkOutputFile(path: string): void {
  if (isStream(path)) return;
  const temporary = partialName(path);
  try {
    const occupant = occupantProblem(path);
    if (occupant !== undefined) throw new Error(`it ${occupant}`);
    writeFileSync(temporary, "", { flag: "wx" });
    rmSync(temporary);
  } catch (cause) {
    throw new UsageError(`Cannot write the file "${path}"`, { cause });
  }
}

/**
 * Writes a file that a user has asked for, whole or not at all: their umask says who can read it. A link is replaced, and never
 * followed, as another user may have put it there; what is no plain file is not replaced.
 * @throws {Error} what the system says
 */
export async function writeOutputFile(
  path: string,
  content: string,
  io: Pick<Io, "stdout" | "stderr" | "env">,
): Promise<void> {
  const stream = STREAMS.get(resolve(path));
  if (stream === undefined) await writeWholeFile(path, content, { mode: 0o666 });
  else if (stream !== "nowhere") io[stream].write(harmless(content, io.env));
}

/** What it tells of an image is no command to the CI system that reads along. */
function harmless(content: string, env: Io["env"]): string {
  const ci = ciLogOf(env);
  if (ci === undefined) return content;
  return content.startsWith("{") ? ci.harmlessJson(content) : ci.harmlessOutput(content);
}
