import type { BuildDescription, TemplateDescription, VariableDescription } from "../../template/inspect-template.ts";
import { tableText } from "./table.ts";

/** What a template consists of, as a person reads it. */
export function inspectText(template: TemplateDescription): string {
  const { files, plugins, variables, locals, dataSources, sources, builds } = template;
  const sections = [
    section("Files", files),
    section(
      "Required plugins",
      plugins.map(({ name, version, source }) => [name, version, source].filter(Boolean).join("  ")),
    ),
    section("Variables", variables.length === 0 ? [] : tableLines(variables)),
    section(
      "Locals",
      locals.map(({ name, value }) => `local.${name} = ${value ?? "(cannot be computed)"}`),
    ),
    section(
      "Data sources",
      dataSources.map(({ type, name }) => `data.${type}.${name}`),
    ),
    section(
      "Sources",
      sources.map(({ type, name }) => `${type}.${name}`),
    ),
    section("Builds", builds.map(buildText)),
  ];
  return sections.filter((text) => text !== "").join("\n");
}

function section(title: string, items: readonly string[]): string {
  if (items.length === 0) return "";
  return `${title}\n${items.map((item) => `${indented(item)}\n`).join("")}`;
}

/** A text below its title: two spaces before each of its lines. */
function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}

function tableLines(variables: readonly VariableDescription[]): readonly string[] {
  const rows = variables.map(({ name, type, value, setBy, description }) => [
    name,
    type,
    value?.replaceAll("\n", " ").replace(/ {2,}/g, " ") ?? "(must be given)",
    setBy === undefined ? "" : SET_BY[setBy],
    description,
  ]);
  return tableText(["NAME", "TYPE", "VALUE", "SET BY", "DESCRIPTION"], rows).trimEnd().split("\n");
}

const SET_BY = {
  default: "its default",
  env: "environment",
  varfile: "variable file",
  cmd: "command line",
} as const;

function buildText(build: BuildDescription): string {
  const { name, description, sources, provisioners, errorCleanupProvisioner, postProcessors } = build;
  const lines = [
    name || "(without a name)",
    ...(description === "" ? [] : [indented(description)]),
    `  sources          ${sources.join(", ") || "none"}`,
    `  provisioners     ${provisioners.join(", ") || "none"}`,
    ...(errorCleanupProvisioner === undefined ? [] : [`  error cleanup    ${errorCleanupProvisioner}`]),
    `  post-processors  ${postProcessors.map((chain) => chain.join(" -> ")).join(", ") || "none"}`,
  ];
  return lines.join("\n");
}
