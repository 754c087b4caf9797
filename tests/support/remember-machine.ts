import type { TestProject } from "vitest/node";
import { type MachineLedger, readMachine } from "./machine-ledger.ts";

declare module "vitest" {
  interface ProvidedContext {
    machineBefore: MachineLedger;
  }
}

/** Runs once before all tests: `tests/leftovers.test.ts` compares with it after all of them. */
export default async function rememberMachine(project: TestProject): Promise<void> {
  project.provide("machineBefore", await readMachine());
}
