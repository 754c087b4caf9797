import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { hostEnvironment } from "../../src/host/host-environment.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { startHolder } from "../support/program/holder.ts";
import { readLedger } from "../support/suite/ledger.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("mount", "losetup", "findmnt", "tail");

describe("scripts/clean-up-after", () => {
  it("takes away what a run has left when that was killed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "killed-run-"));
    const host = hostRunner();
    const env = { ...hostEnvironment(), TMPDIR: folder };
    const left = await host.spawn(["sleep", "600"], { env });
    mkdirSync(join(folder, "a mount"));
    await host.run(["mount", "-t", "tmpfs", "left", join(folder, "a mount")]);
    writeFileSync(join(folder, "disk"), Buffer.alloc(1024 * 1024));
    await host.run(["losetup", "--find", join(folder, "disk")]);
    const run = await startHolder("echo up; exec sleep 600");

    const script = join(import.meta.dirname, "../../scripts/clean-up-after");
    const cleaning = host.run([script, String(run.pid), folder]);
    expect(existsSync(folder)).toBe(true);
    await run.stop();
    await cleaning;
    expect(await left.exited).toMatchObject({ signal: "SIGKILL" });
    expect(existsSync(folder)).toBe(false);
    expect(await readLedger(folder)).toEqual({ mounts: [], loops: [] });
  });
});
