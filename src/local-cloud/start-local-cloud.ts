import type { Account, AccountRole } from "./accounts.ts";
import { CloudServer } from "./cloud-server.ts";
import type { FaultInjector } from "./faults.ts";
import type { LoggedRequest } from "./http/request-log.ts";
import type { LocalCloudOptions } from "./options.ts";
import type { Status } from "./status.ts";
import type { VmPlace } from "./vm-places.ts";
import type { VmStateName } from "./vm-states.ts";

/** A cloud that answers on this machine. */
export interface LocalCloud extends AsyncDisposable {
  readonly regionName: string;
  /** Every region that the server has, this one first. */
  readonly regions: readonly LocalCloud[];
  /** The base URL of the API: `http://127.0.0.1:PORT/api/v1`. */
  readonly endpoint: string;
  /** The base URL of the object storage, which speaks S3. */
  readonly storageEndpoint: string;
  /** The base URL of the metadata service of the builder's VM, without `/latest`. */
  readonly metadataEndpoint: string;
  /** What stands for `/dev` in the builder's VM: `xvdX` links and `disk/by-id`, with their partitions. */
  readonly deviceFolder: string;
  /** The VM on which builds run. */
  readonly vmId: string;
  /** Every VM of the builder's account, that one first. */
  readonly vms: readonly VmPlace[];
  /** What a builder needs to use this cloud. Holds the secret key of the builder's account. */
  readonly environment: Readonly<Record<string, string>>;
  /** Stops a VM, starts it, terminates it: for tests of what becomes of a builder's work. */
  setVmState(vmId: string, state: VmStateName): void;
  readonly faults: FaultInjector;
  /** The last calls of the API, oldest first, without secrets. */
  readonly requests: readonly LoggedRequest[];
  /** An account with its keys. */
  account(role: AccountRole): Account;
  status(): Status;
  /** Resolves when every state that does not last has come to its end, or is stuck. */
  idle(): Promise<void>;
  /**
   * Stops answering and lets go of the state folder. Everything is kept, and what is linked stays attached, so that the
   * next start goes on from there.
   */
  close(): Promise<void>;
}

/**
 * Starts a cloud on a state folder, which is made when it is new.
 * @throws {LocalCloudError} when another server uses the folder
 * @throws {CommandError} when a program it needs fails or is missing
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  return CloudServer.start(options);
}
