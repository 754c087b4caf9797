import { join } from "node:path";
import { ForksPoolWorker, type PoolOptions, type PoolRunnerInitializer } from "vitest/node";

/** Runs each test file in a process with a mount namespace of its own: no file's mounts hold the disks of another. */
export const ownMountsPool: PoolRunnerInitializer = {
  name: "own-mounts",
  createPoolWorker: (options) => new OwnMountsWorker(options),
};

let started = 0;

class OwnMountsWorker extends ForksPoolWorker {
  constructor(options: PoolOptions) {
    super(options);
    // Where a test that says nothing puts a journal or a local cloud: two files at a time never share it.
    const state = join(process.env.OUTSCALE_CHROOT_STATE ?? "", String(started++));
    this.env = { ...this.env, OUTSCALE_CHROOT_STATE: state, OUTSCALE_CHROOT_TEST_NODE: process.execPath };
  }

  override start(): Promise<void> {
    const node = process.execPath;
    // What fork() starts, which it does before it first waits.
    process.execPath = join(import.meta.dirname, "../../../scripts/own-mounts-node");
    try {
      return super.start();
    } finally {
      process.execPath = node;
    }
  }
}
