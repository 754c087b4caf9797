import { omiNameProblem } from "../omi-name.ts";
import type { CheckedOptions } from "../schema.ts";
import type { Findings } from "./findings.ts";

export function checkOmi(options: CheckedOptions, findings: Findings): void {
  checkName(options.omi_name, findings);
  if (options.omi_virtualization_type === "paravirtual") {
    findings.problem(
      "omi_virtualization_type",
      'cannot be "paravirtual": the service only runs "hvm"',
      "remove the line",
    );
  }
  if (options.force_delete_snapshot && !options.force_deregister && !options.packer_force) {
    findings.warning("force_delete_snapshot has an effect only with force_deregister, or -force");
  }
  for (const name of ["tags", "snapshot_tags", "root_volume_tags"] as const) checkTags(name, options[name], findings);
  for (const name of ["tag", "snapshot_tag", "root_volume_tag"] as const) {
    for (const [index, tag] of options[name].entries()) {
      checkTags(`${name}[${index}]`, { [tag.key]: tag.value }, findings);
    }
  }
}

/** A name that the source OMI has a part in is checked when it is rendered. */
function checkName(name: string, findings: Findings): void {
  if (name.includes("{{")) return;
  const problem = omiNameProblem(name);
  if (problem === undefined) return;
  const hint = problem.startsWith("must not contain") ? "the function clean_omi_name replaces them" : undefined;
  findings.problem("omi_name", problem, hint);
}

/** @see CreateTags in the OUTSCALE API: a key has 1 to 255 characters, a value at most 255 */
function checkTags(option: string, tags: Readonly<Record<string, string>>, findings: Findings): void {
  for (const [key, value] of Object.entries(tags)) {
    if (key === "") findings.problem(option, "has a tag without a key");
    if (!key.includes("{{") && key.length > 255)
      findings.problem(option, `has a key of ${key.length} characters, over 255`);
    if (value.includes("{{") || value.length <= 255) continue;
    findings.problem(option, `has a value of ${value.length} characters for "${key}", over 255`);
  }
}
