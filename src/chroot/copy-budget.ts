import { statfsSync } from "node:fs";
import { fdPath, statFd } from "./openat.ts";
import { TransferError } from "./transfer-error.ts";

/** Of file systems of the kernel's own, which have no blocks: for `/proc/cpuinfo` and the like. */
const WITHOUT_BLOCKS_BYTES = 16n * 1024n * 1024n;
const MIB = 1024n * 1024n;

/** What copies under one limit have used of it so far, as plain data: it may go to a worker thread and back. */
export interface Spent {
  readonly takenBytes: bigint;
  /** The file systems that were met, by device number, and what they hold in bytes. */
  readonly held: ReadonlyMap<bigint, bigint>;
}

/**
 * How much may be written when something is taken out of an image: as much as the file systems hold that it comes from, or
 * what the user has said. Shared blocks, compression, holes and files that grow while they are read make more of it.
 */
export class CopyBudget {
  readonly #chosen: bigint | undefined;
  readonly #held: Map<bigint, bigint>;
  #taken: bigint;

  /** @param chosenBytes The user's own limit, in whole bytes */
  constructor(chosenBytes?: number, spent?: Spent) {
    this.#chosen = chosenBytes === undefined ? undefined : BigInt(chosenBytes);
    this.#held = new Map(spent?.held);
    this.#taken = spent?.takenBytes ?? 0n;
  }

  get spent(): Spent {
    return { takenBytes: this.#taken, held: this.#held };
  }

  /** The file system of an open entry counts. */
  add(fd: number, device = statFd(fd).dev): void {
    if (this.#held.has(device)) return;
    const { blocks, bsize } = statfsSync(fdPath(fd), { bigint: true });
    this.#held.set(device, blocks === 0n ? WITHOUT_BLOCKS_BYTES : blocks * bsize);
  }

  /** @throws {TransferError} when it is more than is left */
  take(bytes: bigint): void {
    this.#taken += bytes;
    const limit = this.#chosen ?? [...this.#held.values()].reduce((sum, bytes) => sum + bytes, 0n);
    if (this.#taken <= limit) return;
    const reason = this.#chosen === undefined ? "more than the image's file system holds" : "as much as was allowed";
    throw new TransferError(`The download is stopped before it writes more than ${limit / MIB} MiB, ${reason}`, {
      hint: "download_limit of the file provisioner says how many GiB it may write; or pack it in the image first",
    });
  }
}
