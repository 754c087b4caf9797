import { describeCloudContract } from "./cloud-contract.ts";
import type { ContractTarget } from "./contract-target.ts";

/**
 * The contract on OUTSCALE itself. It creates small volumes, snapshots and images in the account, and deletes them. So it
 * is no part of `npm test`: `npm run test:outscale` runs it, with the keys of two accounts in the environment.
 */
const needed = {
  OSC_REGION: "the region of both accounts",
  OSC_ACCESS_KEY: "the account that makes the objects",
  OSC_SECRET_KEY: "its secret key",
  OUTSCALE_CHROOT_VM_ID: "a VM of it that runs in subregion a, to link volumes to",
  OTHER_ACCESS_KEY: "the account that they are shared with",
  OTHER_SECRET_KEY: "its secret key",
};

describeCloudContract("OUTSCALE", async () => targetOf(process.env));

function targetOf(env: NodeJS.ProcessEnv): ContractTarget {
  const absent = Object.entries(needed).filter(([name]) => !env[name]);
  if (absent.length > 0) {
    throw new Error(`Not set: ${absent.map(([name, what]) => `${name} (${what})`).join(", ")}`);
  }
  const get = (name: keyof typeof needed) => env[name] ?? "";
  const region = get("OSC_REGION");
  return {
    region,
    endpoint: env.OSC_ENDPOINT_API ?? `https://api.${region}.outscale.com/api/v1`,
    account: { accessKey: get("OSC_ACCESS_KEY"), secretKey: get("OSC_SECRET_KEY") },
    other: { accessKey: get("OTHER_ACCESS_KEY"), secretKey: get("OTHER_SECRET_KEY") },
    vmId: get("OUTSCALE_CHROOT_VM_ID"),
  };
}
