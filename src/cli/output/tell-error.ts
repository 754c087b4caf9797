import { hasColor } from "../../terminal/color.ts";
import type { Io } from "../../terminal/io.ts";
import { annotationsOf } from "../ci/annotation.ts";
import { ciLogOf } from "../ci/ci-log.ts";
import { errorText } from "./error-text.ts";

/** Tells on standard error what ended the program; in the log of a CI system, at its place too. */
export function tellError(error: unknown, { stderr, env }: Pick<Io, "stderr" | "env">): void {
  const ci = ciLogOf(env);
  const text = errorText(error, { color: hasColor(ci === undefined ? undefined : true, stderr, env) });
  if (ci === undefined) {
    stderr.write(text);
    return;
  }
  stderr.write(ci.begin() + ci.harmlessLine(text));
  for (const annotation of annotationsOf(error)) stderr.write(ci.annotate(annotation) ?? "");
  stderr.write(ci.end());
}
