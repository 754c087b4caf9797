import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { localCloudImages, resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { runProgram } from "../../src/run-program.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";
import { recordingIo } from "../support/terminal/recording-io.ts";

const describe = requirePrograms(...buildPrograms, "dd");

describe("outscale-chroot build -result on a disk that gets full meanwhile", () => {
  let folder: string;
  /** A file system of 64 KiB. */
  const disk = () => join(folder, "disk");
  const cloud = () => join(folder, "local-cloud");
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "result-file-"));
    mkdirSync(disk());
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", disk()]);
  });
  afterEach(async () => {
    execFileSync("umount", [disk()]);
    await resetLocalCloud(cloud());
    rmSync(folder, { recursive: true });
  });

  const build = async (provisioner: string) => {
    const template = join(folder, "t.pkr.hcl");
    writeFileSync(
      template,
      `source "outscale-chroot" "small" {
  omi_name   = "stands"
  boot_check = "off"
  source_omi_filter {
    filters = { image-name = "Debian-12-*" }
    owners  = ["Outscale"]
  }
}
build {
  sources = ["source.outscale-chroot.small"]
  provisioner "shell-local" {
    inline = ["dd if=/dev/zero of=${disk()}/full bs=4k 2> /dev/null || true"]
  }
  ${provisioner}
}
`,
    );
    const io = recordingIo({ env: { OUTSCALE_CHROOT_STATE: folder, PATH: process.env.PATH } });
    const exitCode = await runProgram(["build", "-local", "-result", join(disk(), "result.json"), template], io);
    return { exitCode, ...io.written };
  };

  it("says that the OMI stands, and ends with 1", async () => {
    const { exitCode, stderr } = await build("");
    const made = (await localCloudImages(cloud())).find(({ ImageName }) => ImageName === "stands");
    expect(made?.State).toBe("available");
    expect(stderr).toContain(`Error: Cannot write the file "${join(disk(), "result.json")}": ENOSPC`);
    expect(stderr).toContain("code      E_RESULT_FILE");
    expect(stderr).toContain(`the builds are done, and eu-west-2:${made?.ImageId} can be used`);
    expect(exitCode).toBe(1);
    expect(readdirSync(disk())).toEqual(["full"]);
  });

  it("ends with the code of a build that failed, and says that there is no file either", async () => {
    const { exitCode, stderr } = await build('provisioner "shell" {\n inline = ["exit 3"]\n }');
    expect(stderr).toContain("E_RESULT_FILE");
    expect(stderr).toContain("made no OMI");
    expect(exitCode).toBe(10);
  });
});
