import type { Io } from "../../terminal/io.ts";
import { shownText } from "./shown-text.ts";

/** Says on standard error that a call of the API is tried again: standard output may be for a program. */
export function tellRetries({ stderr }: Pick<Io, "stderr">): (message: string) => void {
  return (message) => stderr.write(`${shownText(message)}\n`);
}
