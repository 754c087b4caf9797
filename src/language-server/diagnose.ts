import { type Diagnostic, DiagnosticSeverity } from "vscode-languageserver/node";
import { type BuildRemark, type Examination, examine } from "../bake/examine.ts";
import type { Location } from "../common/location.ts";
import type { Diagnostic as Problem } from "../hcl/source/diagnostic.ts";
import type { Span } from "../hcl/source/source-file.ts";
import type { Body } from "../hcl/syntax/syntax.ts";
import type { TextFile } from "./text-file.ts";
import type { Unit } from "./workspace.ts";

/** What is wrong with a template, file by file, and what is known of its values. */
export interface Diagnosis {
  readonly byFile: ReadonlyMap<TextFile, readonly Diagnostic[]>;
  readonly declared: Examination["declared"];
}

/**
 * Examines a template. Files of values that it does not have by itself are looked at one by one: only one of them may be
 * meant for a build.
 */
export async function diagnose(unit: Unit, valueFiles: readonly TextFile[]): Promise<Diagnosis> {
  const plain = await examineWith(unit, []);
  const byFile = new Map(
    [...unit.templates, ...unit.autoVariables].map((file) => [file, diagnosticsOf(file, plain)] as const),
  );
  for (const file of valueFiles) byFile.set(file, diagnosticsOf(file, await examineWith(unit, [file])));
  return { byFile, declared: plain.declared };
}

function examineWith(unit: Unit, values: readonly TextFile[]): Promise<Examination> {
  const { folder, templates, autoVariables } = unit;
  const paths = (files: readonly TextFile[]) => files.map(({ path }) => path);
  const texts = new Map([...templates, ...autoVariables, ...values].map(({ path, text }) => [path, text]));
  const template = { root: folder, templates: paths(templates), autoVariables: paths(autoVariables), texts };
  return examine({ template, variableFiles: paths(values) });
}

function diagnosticsOf(file: TextFile, { diagnostics, remarks }: Examination): readonly Diagnostic[] {
  return [
    ...diagnostics.filter(({ span }) => span?.source.name === file.path).map((problem) => fromProblem(problem, file)),
    ...remarks.filter(({ location }) => location?.file === file.path).map((remark) => fromRemark(remark, file)),
  ];
}

function fromProblem({ severity, summary, detail, span, values = [] }: Problem, file: TextFile): Diagnostic {
  const involved = values.map(({ expression, statement }) => `${expression} ${statement}`);
  return {
    severity: severity === "error" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    source: "outscale-chroot",
    message: [detail === "" ? summary : `${summary}: ${detail}`, ...involved].join("\n"),
    range: file.rangeOf(onOneLine(span ?? { start: 0, end: 0 }, file.text)),
  };
}

/** A block that is wrong as a whole is underlined where it begins. */
function onOneLine({ start, end }: Pick<Span, "start" | "end">, text: string): Pick<Span, "start" | "end"> {
  const lineEnd = text.slice(start, end).search(/\r?\n/);
  return { start, end: lineEnd > 0 ? start + lineEnd : end };
}

function fromRemark({ severity, message, location, option }: BuildRemark, file: TextFile): Diagnostic {
  return {
    severity: severity === "error" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    source: "outscale-chroot",
    message,
    range: file.rangeOf(location === undefined ? { start: 0, end: 0 } : placeOf(location, option, file)),
  };
}

/** The word at a place, or the argument that is meant in the block there. */
function placeOf(location: Location, option: string | undefined, file: TextFile): Pick<Span, "start" | "end"> {
  const start = file.offsetOf(location);
  const name = option === undefined ? undefined : /^\w+/.exec(option)?.[0];
  const block = name === undefined ? undefined : blockAt(file.body, start);
  const argument = block?.attributes.find((each) => each.name === name);
  if (argument) return argument.nameSpan;
  const length = /^(?:"[^"\n]*"|[\w-]+)/.exec(file.text.slice(start, start + 200))?.[0].length ?? 0;
  return { start, end: start + length };
}

function blockAt(body: Body, offset: number): Body | undefined {
  for (const { headerSpan, body: inner } of body.blocks) {
    if (headerSpan.start === offset) return inner;
    if (headerSpan.start < offset && offset < inner.endSpan.end) return blockAt(inner, offset);
  }
  return undefined;
}
