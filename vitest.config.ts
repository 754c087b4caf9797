import { defineConfig } from "vitest/config";

/** Loop devices, mounts and the process table are one per machine: these run one file at a time. */
const system = { fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    globalSetup: ["tests/support/remember-machine.ts"],
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["src/**/*.test.ts", "scripts/**/*.test.ts"], sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          ...system,
          name: "system",
          include: ["tests/*/**/*.test.ts"],
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { ...system, name: "leftovers", include: ["tests/leftovers.test.ts"], sequence: { groupOrder: 2 } },
      },
    ],
  },
});
