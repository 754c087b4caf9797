import { expect, inject, it } from "vitest";
import { newIn, readMachine } from "./support/machine-ledger.ts";

/** Vitest keeps what it has transformed in folders named by 21 random letters, until it ends. */
const MADE_BY_THE_RUNNER = /\/(node-compile-cache|[\w-]{21})$/;

// The last file of a run (see vitest.config.ts): what it finds, some test before it has left.
it("the tests leave no loop device, mount, process or file behind", async () => {
  const left = newIn(inject("machineBefore"), await readMachine());
  const ours = left.files.filter((path) => !MADE_BY_THE_RUNNER.test(path));
  expect({ ...left, files: ours }).toEqual({ loops: [], mounts: [], files: [], processes: [] });
});
