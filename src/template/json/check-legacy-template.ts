import { PACKER_VERSION } from "../../common/packer-version.ts";
import { suggestName } from "../../common/suggest-name.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";
import type { SourceFile, Span } from "../../hcl/source/source-file.ts";
import { meetsConstraint, parseVersionConstraint } from "../version-constraint.ts";
import type { LegacyTemplate, OnlyExcept } from "./legacy-template.ts";

/**
 * Checks what the parts of a template say about each other, and that there is something to build.
 *
 * @see hashicorp/packer-plugin-sdk, template/template.go, Validate()
 */
export function checkLegacyTemplate(template: LegacyTemplate, source: SourceFile, diagnostics: Diagnostics): void {
  checkVersion(template, diagnostics);
  if (template.builders.length === 0) {
    const detail = 'A template needs at least one builder, in "builders".';
    diagnostics.error("No builder", detail, { source, start: 0, end: 1 });
  }
  const names = template.builders.map(({ name }) => name);
  for (const component of [...template.provisioners, ...template.postProcessors.flat()]) {
    checkOnlyExcept(component, names, diagnostics);
  }
  for (const { override, span } of template.provisioners) {
    for (const name of override.keys()) checkName(name, '"override"', names, span, diagnostics);
  }
}

function checkVersion({ minPackerVersion }: LegacyTemplate, diagnostics: Diagnostics): void {
  if (minPackerVersion === undefined) return;
  const { text, span } = minPackerVersion;
  const constraint = parseVersionConstraint(`>= ${text}`);
  if (!constraint) {
    diagnostics.error("Invalid min_packer_version", `"${text}" is not a version such as "1.7.0".`, span);
  } else if (!meetsConstraint(PACKER_VERSION, constraint)) {
    const detail = `The template needs Packer ${text} or later; this program reads what Packer ${PACKER_VERSION} reads.`;
    diagnostics.error("Unsupported Packer version", detail, span);
  }
}

function checkOnlyExcept(
  { only, except, span }: OnlyExcept & { readonly span: Span },
  names: readonly string[],
  diagnostics: Diagnostics,
): void {
  if (only.length > 0 && except.length > 0) {
    const detail = "Name the builders it is for, or those it is not for.";
    diagnostics.error("Only one of 'only' and 'except' may be set", detail, span);
    return;
  }
  for (const name of only) checkName(name, '"only"', names, span, diagnostics);
  for (const name of except) checkName(name, '"except"', names, span, diagnostics);
}

function checkName(name: string, where: string, names: readonly string[], span: Span, diagnostics: Diagnostics): void {
  if (names.includes(name)) return;
  const known = names.length === 0 ? "there is none" : `there ${names.length === 1 ? "is" : "are"} ${names.join(", ")}`;
  const detail = `${where} names the builder "${name}", but ${known}.${suggestName(name, names)}`;
  diagnostics.error("Unknown builder", detail, span);
}
