import type { Io } from "../../terminal/io.ts";
import { ciLogOf } from "./ci-log.ts";
import { mappedSink } from "./ci-report.ts";

/**
 * The world of a command that is no build: where a CI system reads its output, nothing that it tells of images and accounts
 * can be taken for a command. There are no marks: the output may go into a file. What is written to the letter stays so.
 */
export function harmlessIo(io: Io): Io {
  const ci = ciLogOf(io.env);
  if (ci === undefined) return io;
  const harmless = (sink: Io["stdout"]): Io["stdout"] => ({
    ...mappedSink(sink, ci.harmlessOutput),
    writeExact: (text) => sink.writeExact(text),
  });
  return { ...io, stdout: harmless(io.stdout), stderr: harmless(io.stderr) };
}

/** The same for what is written past the mask, as it shows or hides values by their marks. */
export function writeShown({ stdout, env }: Pick<Io, "stdout" | "env">, text: string): void {
  stdout.writeExact(ciLogOf(env)?.harmlessOutput(text) ?? text);
}

/** The same for JSON, which means what it meant. */
export function writeJsonText({ stdout, env }: Pick<Io, "stdout" | "env">, text: string): void {
  stdout.writeExact(ciLogOf(env)?.harmlessJson(text) ?? text);
}
