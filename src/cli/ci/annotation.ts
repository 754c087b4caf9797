import { unwrapFailure } from "../../builder/unwrap-failure.ts";
import { ChrootError, ConfigError, messageOf } from "../../common/errors.ts";
import { TemplateError } from "../../hcl/source/diagnostic.ts";
import { diagnosticJson } from "../../hcl/source/print-diagnostic.ts";

/** What a CI system shows beside the job, or beside the line of a change. */
export interface Annotation {
  readonly kind: "error" | "warning";
  readonly message: string;
  readonly place?: Place | undefined;
}

interface Place {
  readonly file: string;
  readonly line: number;
}

/** What is to be annotated of a failure: each problem of a template at its place, anything else as one. */
export function annotationsOf(thrown: unknown): readonly Annotation[] {
  const { error } = unwrapFailure(thrown);
  if (error instanceof AggregateError) return error.errors.flatMap(annotationsOf);
  if (error instanceof TemplateError) {
    return error.diagnostics.map((diagnostic) => {
      const { severity: kind, summary, detail, range } = diagnosticJson(diagnostic);
      const place = range && { file: range.filename, line: range.start.line };
      return { kind, message: detail === "" ? summary : `${summary}: ${detail}`, place };
    });
  }
  if (error instanceof ConfigError) {
    return error.problems.map(({ option, message, hint, location }) => {
      const text = `${option}: ${message}${hint ? `\n${hint}` : ""}`;
      return { kind: "error", message: text, place: placeIn(location ?? "") };
    });
  }
  const message = messageOf(error);
  const hint = error instanceof ChrootError && error.hint ? `\n${error.hint}` : "";
  return [{ kind: "error", message: `${message}${hint}`, place: placeIn(message) }];
}

/** The place in a template that a text names: `web.pkr.hcl:12`, also with a column behind it. */
function placeIn(text: string): Place | undefined {
  const [, file, line] = /([^\s():]+\.(?:hcl|json)):(\d+)/.exec(text) ?? [];
  return file === undefined ? undefined : { file, line: Number(line) };
}
