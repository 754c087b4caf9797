import { spawn } from "node:child_process";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { readLedger } from "./ledger.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Everything that this run of the suite makes lies in here, so that it can be told from what others make. */
    runFolder: string;
  }
}

/** Names the folder to the projects after the first. */
const VARIABLE = "OUTSCALE_CHROOT_TEST_FOLDER";

/**
 * Runs before the tests of each project. Others use this machine too, perhaps another run of this suite: a run has a
 * folder for temporary files of its own, and so has every process that it starts, which is known by it.
 * @returns what runs after all tests
 */
export default async function makeRunFolder(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const known = process.env[VARIABLE];
  // mkdtemp makes it for its owner alone.
  const folder = known ?? (await realpath(await mkdtemp(join(tmpdir(), "oc-test-"))));
  project.provide("runFolder", folder);
  if (known !== undefined) return undefined;
  cleanUpAfterUs(folder);
  process.env[VARIABLE] = folder;
  process.env.TMPDIR = folder;
  // For what a test does not put elsewhere: the journal of a build, a local cloud.
  process.env.OUTSCALE_CHROOT_STATE = join(folder, "state");
  return () => removeRunFolder(folder);
}

/** After Ctrl-C, a crash or a kill nothing of ours runs any more: another process waits for that. */
function cleanUpAfterUs(folder: string): void {
  const script = join(import.meta.dirname, "../../../scripts/clean-up-after");
  spawn(script, [String(process.pid), folder], { detached: true, stdio: "ignore", cwd: "/" }).unref();
}

/** Never through a mount that a test has left: behind it may be a folder of the machine. */
async function removeRunFolder(folder: string): Promise<void> {
  const { mounts } = await readLedger(folder);
  if (mounts.length > 0) throw new Error(`${folder} stays, as there are mounts in it:\n${mounts.join("\n")}`);
  await rm(folder, { recursive: true, force: true });
}
