import { beforeAll, describe } from "vitest";
import type { Answer } from "../support/local-cloud/signed-call.ts";
import { authenticationContract } from "./authentication-contract.ts";
import { ContractClient, type ContractTarget } from "./contract-target.ts";
import { imageContract } from "./image-contract.ts";
import { linkContract } from "./link-contract.ts";
import { readContract } from "./read-contract.ts";
import { snapshotContract } from "./snapshot-contract.ts";
import { volumeContract } from "./volume-contract.ts";

/** What the tests of the contract work with; its fields are set before the first test. */
export interface ContractContext {
  target: ContractTarget;
  client: ContractClient;
  /** The other account. */
  other: ContractClient;
}

/**
 * What the cloud does, as far as it is known for certain: codes, states, absent keys. It holds for the local cloud and
 * for OUTSCALE alike; what the platform has never been seen to do is not in it.
 * @param start Gives the target; called once, before the tests
 * @param onCall Told of every call
 */
export function describeCloudContract(
  name: string,
  start: () => Promise<ContractTarget>,
  onCall: (action: string, request: unknown, answer: Answer) => void = () => undefined,
): void {
  describe(name, () => {
    const context = {} as ContractContext;
    beforeAll(async () => {
      context.target = await start();
      const { endpoint, region, account, other } = context.target;
      context.client = new ContractClient({ endpoint, region, ...account }, onCall);
      context.other = new ContractClient({ endpoint, region, ...other }, onCall);
    });
    authenticationContract(context);
    volumeContract(context);
    linkContract(context);
    snapshotContract(context);
    imageContract(context);
    readContract(context);
  });
}
