import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { hostRunner } from "../../src/host/run-command.ts";
import { makeSeedImage, SEED_SIZE_GIB } from "../../src/local-cloud/seed/seed-image.ts";
import { stageOwnPrograms } from "../../src/local-cloud/seed/stage-programs.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("sfdisk", "mkfs.ext4", "chroot", "debugfs", "dumpe2fs", "e2fsck");
const SCRIPT =
  'set -e; mkdir -p /tmp/x; echo hello > /tmp/x/y; grep -q hello /tmp/x/y; rm -r /tmp/x; uname > /dev/null; echo "$PWD"';

describe("the seed image", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "seed-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** The file system inside the disk, as a file of its own. */
  function fileSystemOf(disk: string): string {
    const path = join(folder, "root.ext4");
    execFileSync("dd", [`if=${disk}`, `of=${path}`, "bs=1M", "skip=1", "conv=sparse", "status=none"]);
    return path;
  }

  it("is a GPT disk with one clean ext4, some tens of MiB at most, that tells it is a Debian 12", async () => {
    const disk = join(folder, "disk.raw");
    await makeSeedImage(hostRunner(), disk);
    const { size, blocks } = statSync(disk);
    expect(size).toBe(SEED_SIZE_GIB * 1024 ** 3);
    expect(blocks * 512).toBeLessThan(40 * 1024 ** 2);
    const { partitiontable } = JSON.parse(execFileSync("sfdisk", ["--json", disk], { encoding: "utf8" }));
    expect([partitiontable.label, partitiontable.partitions.length]).toEqual(["gpt", 1]);
    const fileSystem = fileSystemOf(disk);
    execFileSync("e2fsck", ["-fn", fileSystem], { stdio: "pipe" });
    const show = (request: string) =>
      execFileSync("debugfs", ["-R", request, fileSystem], { encoding: "utf8", stdio: "pipe" });
    expect(show("cat /usr/lib/os-release")).toMatch(/^ID=debian$/m);
    expect(show("stat /tmp")).toContain("Mode:  01777");
    expect(show("stat /etc/resolv.conf")).toContain("../run/systemd/resolve/stub-resolv.conf");
    expect(show("stat /bin/sh")).toContain("Type:");
  });

  it("is the same each time: disk, file system and files", async () => {
    const describeDisk = async (name: string) => {
      const disk = join(folder, name);
      await makeSeedImage(hostRunner(), disk);
      const table = execFileSync("sfdisk", ["--json", disk], { encoding: "utf8" }).replaceAll(disk, "");
      const fileSystem = fileSystemOf(disk);
      const head = execFileSync("dumpe2fs", ["-h", fileSystem], { encoding: "utf8", stdio: "pipe" });
      const listing = execFileSync("debugfs", ["-R", "ls -l /usr/bin", fileSystem], {
        encoding: "utf8",
        stdio: "pipe",
      });
      return { table, head: head.replace(/Checksum: .*/g, ""), listing };
    };
    expect(await describeDisk("one.raw")).toEqual(await describeDisk("two.raw"));
  });

  it("can be made of this machine's own programs, with the libraries they need", async () => {
    const tree = join(folder, "tree");
    execFileSync("mkdir", ["-p", ...["usr/bin", "usr/lib", "usr/lib64", "dev", "tmp"].map((path) => join(tree, path))]);
    for (const link of ["bin", "lib", "lib64"]) execFileSync("ln", ["-s", `usr/${link}`, join(tree, link)]);
    await stageOwnPrograms(hostRunner(), tree);
    expect(
      execFileSync("/usr/sbin/chroot", [tree, "/bin/sh", "-c", SCRIPT], {
        encoding: "utf8",
        env: { PATH: "/usr/bin" },
      }),
    ).toBe("/\n");
    expect(readFileSync(join(tree, "usr/bin/cat")).length).toBeGreaterThan(0);
  });
});
