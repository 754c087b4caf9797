import type { Plan, PlannedComponent, PlannedRequest, PlannedStep } from "../../bake/plan/plan.ts";
import { tableText } from "./table.ts";

/** A plan as a person reads it: the steps in their order, then what they make, then what is not known. */
export function planText(plan: Plan): string {
  const { build, region, accountId, steps, resources, postProcessors, toBeRead, warnings } = plan;
  const where = accountId === undefined ? region : `${region}, account ${accountId}`;
  const chains = postProcessors.flatMap((chain, index) => [
    `  chain ${index + 1}`,
    ...chain.flatMap((item) => componentLines(item, "    ")),
  ]);
  return [
    `${build} (${where}): what a build would do. Nothing is done now.`,
    "",
    ...steps.flatMap((step, index) => stepLines(step, index + 1)),
    ...(chains.length > 0 ? ["", "Post-processors", ...chains] : []),
    "",
    "Resources",
    ...indented(
      tableText(
        ["KIND", "WHAT", "FATE"],
        resources.map(({ kind, what, fate }) => [kind, what, fate]),
      ),
    ),
    ...listLines("Only the account can tell (-online asks it, and changes nothing)", toBeRead),
    ...listLines("Warnings", warnings),
    "",
  ].join("\n");
}

function listLines(title: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : ["", title, ...items.map((item) => `  - ${item}`)];
}

function indented(text: string): readonly string[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line}`);
}

function stepLines({ step, does, requests, provisioners = [] }: PlannedStep, number: number): readonly string[] {
  const [first = "", ...rest] = does.flatMap((text) => text.split("\n"));
  return [
    `${String(number).padStart(3)}  ${step.padEnd(23)}  ${first}`,
    ...rest.map((text) => `${" ".repeat(30)}${text}`),
    ...requests.flatMap(requestLines),
    ...provisioners.flatMap((item) => componentLines(item, "       ")),
  ];
}

function requestLines({ action, request }: PlannedRequest): readonly string[] {
  return [`       ${action}`, ...optionLines(request, "         ")];
}

function componentLines({ title, options }: PlannedComponent, indent: string): readonly string[] {
  return [`${indent}${title}`, ...optionLines(options, `${indent}  `)];
}

/** One option a line, the values as JSON. */
function optionLines(options: PlannedComponent["options"], indent: string): readonly string[] {
  if (typeof options !== "object" || options === null) return [];
  return Object.entries(options).map(([name, value]) => `${indent}${name} = ${JSON.stringify(value)}`);
}
