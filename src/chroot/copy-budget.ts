import { statfsSync } from "node:fs";
import { fdPath, statFd } from "./openat.ts";
import { TransferError } from "./transfer-error.ts";

/** Of file systems of the kernel's own, which have no blocks: for `/proc/cpuinfo` and the like. */
const WITHOUT_BLOCKS_BYTES = 16n * 1024n * 1024n;
const MIB = 1024n * 1024n;

/**
 * How much may be written when something is taken out of an image: as much as the file systems hold that it comes from, or
 * what the user has said. Shared blocks, compression, holes and files that grow while they are read make more of it.
 */
export class CopyBudget {
  readonly #chosen: bigint | undefined;
  readonly #devices = new Set<bigint>();
  #held = 0n;
  #taken = 0n;

  /** @param chosenBytes The user's own limit, in whole bytes */
  constructor(chosenBytes?: number) {
    this.#chosen = chosenBytes === undefined ? undefined : BigInt(chosenBytes);
  }

  /** The file system of an open entry counts. */
  add(fd: number, device = statFd(fd).dev): void {
    if (this.#devices.has(device)) return;
    this.#devices.add(device);
    const { blocks, bsize } = statfsSync(fdPath(fd), { bigint: true });
    this.#held += blocks === 0n ? WITHOUT_BLOCKS_BYTES : blocks * bsize;
  }

  /** @throws {TransferError} when it is more than is left */
  take(bytes: bigint): void {
    this.#taken += bytes;
    const limit = this.#chosen ?? this.#held;
    if (this.#taken <= limit) return;
    const reason = this.#chosen === undefined ? "more than the image's file system holds" : "as much as was allowed";
    throw new TransferError(`The download is stopped before it writes more than ${limit / MIB} MiB, ${reason}`, {
      hint: "download_limit of the file provisioner says how many GiB it may write; or pack it in the image first",
    });
  }
}
