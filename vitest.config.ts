import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { ownMountsPool } from "./tests/support/suite/own-mounts-pool.ts";

// A test waits for what happens, not for a time; a timeout is there for what hangs, on the slowest machine too.
const unit = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 60_000 } } };

// These wait more than they work, but each has disks, processes and QEMU: more than two at a time would slow each other.
const hangMs = process.env.OUTSCALE_CHROOT_SWEEP === "1" ? 10_800_000 : 1_200_000;
const system = {
  pool: ownMountsPool,
  maxWorkers: Math.min(2, availableParallelism()),
  setupFiles: ["tests/support/suite/no-mounts-left.ts"],
  testTimeout: hangMs,
  hookTimeout: hangMs,
  expect: { poll: { timeout: 300_000 } },
};

/** It needs two accounts, so it is asked for by name: `npm run test:outscale`. */
const outscale = {
  extends: true as const,
  test: { ...system, name: "outscale", include: ["tests/contract/outscale.test.ts"] },
};

export default defineConfig({
  test: {
    globalSetup: ["tests/support/suite/run-folder.ts"],
    projects: [
      {
        extends: true,
        test: {
          ...unit,
          isolate: false,
          maxWorkers: "100%",
          setupFiles: ["tests/support/suite/fresh-modules.ts"],
          name: "unit",
          include: ["src/**/*.test.ts", "scripts/**/*.test.ts"],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          ...system,
          name: "system",
          include: ["tests/*/**/*.test.ts"],
          exclude: outscale.test.include,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { ...system, name: "leftovers", include: ["tests/leftovers.test.ts"], sequence: { groupOrder: 2 } },
      },
      ...(process.env.OUTSCALE_CHROOT_CONTRACT === "1" ? [outscale] : []),
    ],
  },
});
