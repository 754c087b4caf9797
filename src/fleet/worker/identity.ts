import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../common/errors.ts";
import { tryFlock } from "../../host/flock.ts";

/** Who a worker is, across its restarts. */
export interface Identity extends AsyncDisposable {
  /** `w-1a2b3c4d5e6f` */
  readonly id: string;
  /** What it keeps; nobody else's. */
  readonly folder: string;
}

/**
 * The worker of a queue on this machine. Held as long as the process lives: whoever has it knows that no other worker of this
 * id runs.
 * @throws {UsageError} when one runs already
 */
export async function takeIdentity(stateFolder: string, queue: string): Promise<Identity> {
  const folder = join(stateFolder, "fleet", queue);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await open(join(folder, "lock"), "a", 0o600);
  if (!(await tryFlock(lock.fd))) {
    await lock.close();
    throw new UsageError(`A worker for ${queue} runs on this machine already`, {
      hint: "Give it more -slots, or give another one a state folder of its own by OUTSCALE_CHROOT_STATE",
    });
  }
  return { id: readOrMakeId(join(folder, "id")), folder, [Symbol.asyncDispose]: () => lock.close() };
}

function readOrMakeId(path: string): string {
  try {
    const id = readFileSync(path, "utf8").trim();
    if (/^w-[0-9a-f]{12}$/.test(id)) return id;
  } catch {
    // The first start, or a file that was damaged: it is a new worker then.
  }
  const id = `w-${randomBytes(6).toString("hex")}`;
  writeFileSync(path, `${id}\n`, { mode: 0o600 });
  return id;
}
