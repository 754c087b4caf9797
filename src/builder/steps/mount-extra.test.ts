import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { fakeImage, fakeRoot } from "../../../tests/support/builder/fake-image.ts";
import { recordingRunner } from "../../../tests/support/builder/recording-runner.ts";
import { runRecord } from "../../../tests/support/builder/run-record.ts";
import { MountError } from "../../common/errors.ts";
import { mountExtra } from "./mount-extra.ts";

const config = { chroot_mounts: [["tmpfs", "scratch", "/var/scratch"]] };

describe("mountExtra()", () => {
  it("makes the mount point inside the image, and removes it again when mount(8) refuses", async () => {
    await using fake = await fakeBuild({ config });
    const folder = join(fake.folder, "image");
    mkdirSync(folder);
    let wasThere = false;
    const runner = recordingRunner(() => {
      wasThere = existsSync(join(folder, "var/scratch"));
      return { exitCode: 32, stderr: "mount: /proc/self/fd/0/.: permission denied." };
    });
    const input = { image: fakeImage({ folder, runner }), root: fakeRoot(), mounted: fake.scope };
    const failure = await mountExtra(fake.build, input).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MountError);
    expect(failure).toMatchObject({ step: "StepMountExtra", target: "/var/scratch" });
    expect((failure as Error).message).toContain("permission denied");
    expect(runner.lines).toEqual(["mount --no-canonicalize -t tmpfs scratch /proc/self/fd/0/."]);
    expect([wasThere, existsSync(join(folder, "var")), fake.scope.size]).toEqual([true, false, 0]);
  });

  it("has the journal say which folders it makes before it does", async () => {
    await using fake = await fakeBuild({ config });
    const folder = join(fake.folder, "image");
    mkdirSync(join(folder, "var"), { recursive: true });
    let said: unknown;
    const runner = recordingRunner(() => {
      said = fake.entries();
      return { exitCode: 32 };
    });
    const input = { image: fakeImage({ folder, runner }), root: fakeRoot(), mounted: fake.scope };
    await expect(mountExtra(fake.build, input)).rejects.toThrow(MountError);
    expect(said).toEqual([{ type: "lent", loan: { path: "/var/scratch", madeFolders: ["/var/scratch"] } }]);
  });

  it("removes the mount points that a killed run had made, and what others have put something into not", async () => {
    await using fake = await fakeBuild({ config: { chroot_mounts: [["tmpfs", "scratch", "/var"]] } });
    const folder = join(fake.folder, "image");
    for (const path of [".outscale-chroot-0123456789ab", "srv/made", "var", "opt/used"])
      mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, "opt/used/file"), "");
    const loans = [
      { path: "/.outscale-chroot-0123456789ab", madeFolders: ["/.outscale-chroot-0123456789ab"] },
      { path: "/srv/made", madeFolders: ["/srv", "/srv/made"] },
      { path: "/opt/used", madeFolders: ["/opt", "/opt/used"] },
      { path: "/never/made", madeFolders: ["/never", "/never/made"] },
    ];
    const resumed = runRecord({ loans });
    const runner = recordingRunner(() => ({ exitCode: 32 }));
    const input = { image: fakeImage({ folder, runner }), root: fakeRoot(), mounted: fake.scope };
    await expect(mountExtra({ ...fake.build, resumed }, input)).rejects.toThrow(MountError);
    expect(readdirSync(folder)).toEqual(["opt", "var"]);
    expect(fake.entries().map((entry) => entry.type === "returned" && entry.path)).toEqual(
      loans.map(({ path }) => path).reverse(),
    );
  });

  it("does not take a mount for made that is not there", async () => {
    await using fake = await fakeBuild({ config });
    const folder = join(fake.folder, "image");
    mkdirSync(folder);
    const input = { image: fakeImage({ folder, runner: recordingRunner() }), root: fakeRoot(), mounted: fake.scope };
    await expect(mountExtra(fake.build, input)).rejects.toThrow(MountError);
    expect(fake.scope.size).toBe(0);
  });

  it("makes no mount point where a link of the image leads out of it", async () => {
    await using fake = await fakeBuild({ config });
    const folder = join(fake.folder, "image");
    const outside = join(fake.folder, "outside");
    for (const path of [folder, outside]) mkdirSync(path);
    symlinkSync(outside, join(folder, "var"));
    const input = { image: fakeImage({ folder, runner: recordingRunner() }), root: fakeRoot(), mounted: fake.scope };
    await expect(mountExtra(fake.build, input)).rejects.toThrow();
    expect(existsSync(join(outside, "scratch"))).toBe(false);
  });

  it("says what of the image's fstab it leaves unmounted", async () => {
    await using fake = await fakeBuild({ config });
    const folder = join(fake.folder, "image");
    mkdirSync(join(folder, "etc"), { recursive: true });
    writeFileSync(join(folder, "etc/fstab"), "UUID=0000-0000 /boot/efi vfat defaults 0 1\n");
    const input = { image: fakeImage({ folder, runner: recordingRunner() }), root: fakeRoot(), mounted: fake.scope };
    await mountExtra(fake.build, input).catch(() => undefined);
    expect(fake.warnings()).toEqual([expect.stringContaining("/boot/efi")]);
  });
});
