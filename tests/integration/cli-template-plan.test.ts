import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { runProgram } from "../../src/run-program.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";
import { recordingIo } from "../support/terminal/recording-io.ts";

const describe = requirePrograms(...buildPrograms);

describe("plan", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "cli-plan-"));
  });
  afterEach(async () => {
    await resetLocalCloud(join(folder, "local-cloud"));
    await rm(folder, { recursive: true, force: true });
  });

  async function run(argv: readonly string[]): Promise<string> {
    const io = recordingIo({ env: { OUTSCALE_CHROOT_STATE: folder, PATH: process.env.PATH } });
    expect(await runProgram(argv, io), io.written.stderr).toBe(0);
    return io.written.stdout;
  }

  it("has the steps that a build then goes through, in their order", async () => {
    const path = join(folder, "web.pkr.hcl");
    await writeFile(
      path,
      `data "outscale-omi" "debian" {
  filters = { image-name = "Debian-12-*" }
  owners  = ["Outscale"]
}
source "outscale-chroot" "web" {
  omi_name = "web"
  tags     = { From = data.outscale-omi.debian.id }
  source_omi_filter {
    filters = { image-name = "Debian-12-*" }
    owners  = ["Outscale"]
  }
}
build {
  sources = ["source.outscale-chroot.web"]
  provisioner "shell" {
    inline = ["true"]
  }
}
`,
    );
    const [plan] = JSON.parse(await run(["plan", "-json", path])).plans;
    const lines = (await run(["build", "-local", "-json", path])).trim().split("\n");
    const events = lines.map((line): { type: string; step: string } => JSON.parse(line));
    const done = events.filter(({ type }) => type === "step-started").map(({ step }) => step);
    expect(plan.steps.map(({ step }: { step: string }) => step)).toEqual(done);
    // The data source was read from the local cloud.
    expect(lines.join("\n")).toMatch(/Tag: .{2}From.{2}: .{2}ami-[0-9a-f]{8}/);
  });
});
