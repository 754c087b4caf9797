import type { EngineSettings } from "../engine-settings.ts";
import { knownRegions, regionHint } from "../regions.ts";
import type { CheckedOptions } from "../schema.ts";
import type { Findings } from "./findings.ts";

/** Credentials, region and the VM we are on. */
export function checkAccess(options: CheckedOptions, engine: EngineSettings, findings: Findings): void {
  checkPair(options, "access_key", "secret_key", findings);
  checkRegion(options, findings);
  if (options.skip_metadata_api_check && engine.vmId === undefined) {
    const hint = 'set vm_id = "i-..." or OUTSCALE_CHROOT_VM_ID';
    findings.problem("skip_metadata_api_check", "needs the id of this VM, as nothing else tells it then", hint);
  }
  for (const name of ["mfa_code", "token"] as const) {
    if (options[name] === undefined) continue;
    findings.warning(`${name} has no effect: the service has neither one-time codes nor session tokens for its API`);
  }
}

function checkPair(options: CheckedOptions, first: "access_key", second: "secret_key", findings: Findings): void {
  if ((options[first] === undefined) === (options[second] === undefined)) return;
  const [given, missing] = options[first] === undefined ? [second, first] : [first, second];
  findings.problem(missing, `is required with ${given}`, "give both, or neither and let profile or environment tell");
}

function checkRegion(options: CheckedOptions, findings: Findings): void {
  const { region } = options;
  if (region === undefined || knownRegions.includes(region)) return;
  if (options.skip_region_validation || options.custom_endpoint_oapi !== undefined) return;
  findings.problem("region", `is not a region that is known: "${region}"`, regionHint(region));
}
