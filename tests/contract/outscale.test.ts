import { describe } from "vitest";
import { describeCloudContract } from "./cloud-contract.ts";
import type { ContractTarget } from "./contract-target.ts";

/**
 * The contract on OUTSCALE itself. It creates small volumes, snapshots and images in the account, and deletes them.
 * Needs `OUTSCALE_CHROOT_CONTRACT=1`, `OSC_ACCESS_KEY`, `OSC_SECRET_KEY`, `OSC_REGION`, a running VM in
 * `OUTSCALE_CHROOT_VM_ID`, in subregion `a`, and the keys of a second account in `OTHER_ACCESS_KEY` and `OTHER_SECRET_KEY`.
 */
const { env } = process;

if (env.OUTSCALE_CHROOT_CONTRACT === "1") describeCloudContract("OUTSCALE", async () => targetOf(env));
else describe.todo("OUTSCALE itself: only with OUTSCALE_CHROOT_CONTRACT=1 and two accounts");

function targetOf(variables: NodeJS.ProcessEnv): ContractTarget {
  const get = (name: string) => {
    const value = variables[name];
    if (!value) throw new Error(`The contract needs ${name}`);
    return value;
  };
  const region = get("OSC_REGION");
  return {
    region,
    endpoint: variables.OSC_ENDPOINT_API ?? `https://api.${region}.outscale.com/api/v1`,
    account: { accessKey: get("OSC_ACCESS_KEY"), secretKey: get("OSC_SECRET_KEY") },
    other: { accessKey: get("OTHER_ACCESS_KEY"), secretKey: get("OTHER_SECRET_KEY") },
    vmId: get("OUTSCALE_CHROOT_VM_ID"),
  };
}
