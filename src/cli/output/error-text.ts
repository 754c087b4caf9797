import { inspect, styleText } from "node:util";
import { unwrapFailure } from "../../builder/unwrap-failure.ts";
import { ChrootError, ConfigError, type ConfigProblem, ExitCode, messageOf } from "../../common/errors.ts";
import { version } from "../../common/version.ts";
import { TemplateError } from "../../hcl/source/diagnostic.ts";
import { printDiagnostic } from "../../hcl/source/print-diagnostic.ts";
import { shownText } from "./shown-text.ts";

/** The exit code of whatever was thrown; several failures of different kinds, and bugs, are 1. */
export function exitCodeOf(thrown: unknown): ExitCode {
  const { error } = unwrapFailure(thrown);
  if (error instanceof AggregateError) return commonExitCode(error.errors.map(exitCodeOf));
  return error instanceof ChrootError ? error.exitCode : ExitCode.Failed;
}

/** The code that several failures share, or 1. */
export function commonExitCode(codes: readonly ExitCode[]): ExitCode {
  const [first, ...others] = new Set(codes);
  return first === undefined || others.length > 0 ? ExitCode.Failed : first;
}

export interface ErrorTextOptions {
  readonly color?: boolean;
}

/**
 * An error as a person can act on it: what happened, where, why and what to do now. The stack is for bugs only.
 * What went wrong while cleaning up after it follows.
 */
export function errorText(thrown: unknown, options: ErrorTextOptions = {}): string {
  const { error, releaseErrors } = unwrapFailure(thrown);
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  const texts = errors.map((each) => oneErrorText(each, "Error", options));
  return [...texts, ...releaseErrors.map((later) => oneErrorText(later, "Error while cleaning up", options))].join("");
}

function oneErrorText(error: unknown, title: string, { color = false }: ErrorTextOptions): string {
  if (error instanceof TemplateError)
    return error.diagnostics.map((item) => printDiagnostic(item, { color })).join("\n");
  const head = color ? styleText(["bold", "red"], `${title}:`, { validateStream: false }) : `${title}:`;
  const isBug = !(error instanceof ChrootError || isSystemError(error));
  return isBug ? shownText(bugText(error)) : `${head} ${shownText(wordsOf(error))}`;
}

/** What follows the title. It may quote what an image, a service or a program has said. */
function wordsOf(error: ChrootError | NodeJS.ErrnoException): string {
  if (error instanceof ConfigError) return configText(error);
  if (!(error instanceof ChrootError)) return `the system refuses: ${error.message}\n`;
  const { step, resourceId: resource, code, hint } = error;
  return `${messageOf(error)}\n${factLines({ step, resource, code, hint })}`;
}

/** A line for each fact that is known. */
function factLines(facts: Readonly<Record<string, string | undefined>>): string {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  return known.map(([name, value]) => `  ${name.padEnd(9)} ${value}\n`).join("");
}

/** One problem after the other, each where the user can find it, and what is said of them together. */
function configText({ problems, step, resourceId: resource, hint }: ConfigError): string {
  const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
  return `the configuration has ${count}\n${problems.map(problemText).join("")}${factLines({ step, resource, hint })}`;
}

function problemText({ option, message, hint, location }: ConfigProblem): string {
  const lines = [
    `${location === undefined ? "" : `${location}: `}${option}: ${message}`,
    ...(hint ? [`  hint: ${hint}`] : []),
  ];
  return lines.map((line) => `  ${line}\n`).join("");
}

/** What the operating system says: no space, no permission, no such file. Nobody's bug. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "errno" in error;
}

function bugText(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
  return `Bug: this should not have happened, in outscale-chroot ${version} (Node.js ${process.version})\n${stack}\n`;
}
