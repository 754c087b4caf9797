import type { CheckedOptions } from "../schema.ts";
import type { Findings } from "./findings.ts";

export interface UnchangedCircumstances {
  readonly hidesProvisioners: boolean;
}

/** Whether a build may be skipped at all. */
export function checkUnchanged(
  options: CheckedOptions,
  { hidesProvisioners }: UnchangedCircumstances,
  findings: Findings,
): void {
  if (!options.skip_unchanged) {
    for (const name of ["skip_unchanged_max_age", "skip_unchanged_files"] as const) {
      const value = options[name];
      const isGiven = Array.isArray(value) ? value.length > 0 : value !== undefined;
      if (isGiven) findings.warning(`${name} has an effect only with skip_unchanged, or -skip-unchanged`);
    }
    return;
  }
  if (hidesProvisioners) {
    findings.problem(
      "skip_unchanged",
      "cannot be used behind Packer: it does not tell a builder what its provisioners do, and an image would pass for unchanged when one of them has changed",
      "build the template with outscale-chroot build",
    );
  }
  if (options.skip_create_omi) {
    findings.problem("skip_unchanged", "cannot be given together with skip_create_omi: there would be no OMI to find");
  }
}
