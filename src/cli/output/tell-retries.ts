import type { Io } from "../../terminal/io.ts";

/** Says on standard error that a call of the API is tried again: standard output may be for a program. */
export function tellRetries({ stderr }: Pick<Io, "stderr">): (message: string) => void {
  return (message) => stderr.write(`${message}\n`);
}
