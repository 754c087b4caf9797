import { ConfigError, type ConfigProblem } from "../../common/errors.ts";
import { TemplateError } from "../../hcl/source/diagnostic.ts";
import { type DiagnosticJson, diagnosticJson } from "../../hcl/source/print-diagnostic.ts";
import { maskedJson } from "../../terminal/masked-json.ts";
import { errorRecord } from "./error-record.ts";

/** What `validate --json` prints. */
export interface ValidationJson {
  readonly valid: boolean;
  readonly errorCount: number;
  readonly warningCount: number;
  readonly diagnostics: readonly DiagnosticJson[];
}

/**
 * The outcome of a check as one JSON document.
 * @param error What it was refused with, if it was
 */
export function validationJson(warnings: readonly string[], error?: unknown): string {
  const warned = warnings.map((text): DiagnosticJson => ({ severity: "warning", summary: text, detail: "" }));
  const diagnostics = [...(error === undefined ? [] : diagnosticsOf(error)), ...warned];
  const count = (severity: string) => diagnostics.filter((item) => item.severity === severity).length;
  const outcome: ValidationJson = {
    valid: error === undefined,
    errorCount: count("error"),
    warningCount: count("warning"),
    diagnostics,
  };
  return `${maskedJson(outcome, 2)}\n`;
}

function diagnosticsOf(error: unknown): readonly DiagnosticJson[] {
  if (error instanceof TemplateError) return error.diagnostics.map(diagnosticJson);
  if (error instanceof ConfigError) return error.problems.map(problemJson);
  const { message, hint } = errorRecord(error);
  return [{ severity: "error", summary: message, detail: hint ?? "" }];
}

function problemJson({ option, message, hint, location }: ConfigProblem): DiagnosticJson {
  const base = { severity: "error" as const, summary: `${option}: ${message}`, detail: hint ?? "" };
  const [, filename, line, column = "1"] =
    OPTION_PLACE.exec(location ?? "") ?? COMPONENT_PLACE.exec(location === undefined ? option : "") ?? [];
  if (filename === undefined) return base;
  // An option's place is where its name begins; how far it goes is not known here.
  const place = { line: Number(line), column: Number(column) };
  return { ...base, range: { filename, start: place, end: place } };
}

/** `web.pkr.hcl:12:3` */
const OPTION_PLACE = /^(.*):(\d+):(\d+)$/s;
/** `provisioner "shell" (web.pkr.hcl:12): inline`, which stands for the whole line. */
const COMPONENT_PLACE = /\((.*):(\d+)\)/s;
