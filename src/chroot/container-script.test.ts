import { describe, expect, it } from "vitest";
import { parseMountinfo } from "../host/mountinfo.ts";
import { containerScript, devContents } from "./container-script.ts";

const mounts = (...lines: string[]) => parseMountinfo(lines.join("\n"));
const ROOT = "60 30 8:1 / /mnt/i rw,noatime shared:1 - ext4 /dev/sdb1 rw";
const PROC = "61 60 0:5 / /mnt/i/proc rw,relatime - proc proc rw";
const DEV = "62 60 0:6 / /mnt/i/dev rw,nosuid - devtmpfs udev rw";
const PTS = "63 62 0:7 / /mnt/i/dev/pts rw - devpts devpts rw";

const script = (lines: string[], devices = { nodes: ["null"], links: [{ path: "fd", target: "/proc/self/fd" }] }) =>
  containerScript({ mountPath: "/mnt/i", mounts: mounts(...lines), devices }).split("\n");

describe("containerScript()", () => {
  it("ends with the root turned, and a shell that needs no program of the image", () => {
    expect(script([ROOT]).slice(-6)).toEqual([
      ...["cd /mnt/i", "pivot_root . .", "cd /", "echo ready", "exec >&4 2>&4"],
      "until (read -r _ <&3 || :); do :; done",
    ]);
  });

  it("keeps a mount's own flags, and opens no device of the image where it has a /dev", () => {
    expect(script([ROOT, DEV])).toContain("mount -c -o remount,bind,noatime,nodev -- none /mnt/i");
    expect(script([ROOT])).toContain("mount -c -o remount,bind,noatime -- none /mnt/i");
  });

  it("puts a /proc and a /dev of its own in place of this machine's", () => {
    const lines = script([ROOT, PROC, DEV, PTS]);
    for (const place of ["proc", "dev"]) {
      const made = lines.findIndex((line) => line.startsWith("mount -c -t") && line.endsWith(` /${place}`));
      const gone = lines.indexOf(`umount -c -l -- /mnt/i/${place}`);
      const moved = lines.indexOf(`mount -c --move -- /${place} /mnt/i/${place}`);
      expect(made).toBeGreaterThan(0);
      expect(gone).toBeGreaterThan(made);
      expect(moved).toBe(gone + 1);
    }
    expect(lines).toContain("mount -c --bind -- /mnt/i/dev/null /dev/null");
    expect(lines.indexOf("read -r _ <&3")).toBe(lines.indexOf("echo dev") + 1);
  });

  it("leaves folders, files and links of its /dev to us", () => {
    const devices = { nodes: ["null"], links: [{ path: "fd", target: "/proc/self/fd" }] };
    expect(devContents({ mountPath: "/mnt/i", mounts: mounts(ROOT, PROC, DEV, PTS), devices })).toEqual({
      folders: ["pts"],
      files: ["null"],
      links: [...devices.links, { path: "ptmx", target: "pts/ptmx" }],
    });
    expect(devContents({ mountPath: "/mnt/i", mounts: mounts(ROOT), devices })).toBeUndefined();
  });

  it("has terminals of its own also where the template asks for this machine's", () => {
    const devices = { nodes: ["null", "ptmx"], links: [] };
    const own = { mountPath: "/mnt/i", mounts: mounts(ROOT, PROC, DEV, PTS), devices };
    expect(devContents(own)).toMatchObject({ files: ["null"], links: [{ path: "ptmx", target: "pts/ptmx" }] });
    expect(script([ROOT, PROC, DEV, PTS], devices)).not.toContain("mount -c --bind -- /mnt/i/dev/ptmx /dev/ptmx");
    expect(devContents({ ...own, mounts: mounts(ROOT, PROC, DEV) })).toMatchObject({
      files: ["null", "ptmx"],
      links: [],
    });
  });

  it("leaves a /dev of the template's as it is", () => {
    const plan = { mountPath: "/mnt/i", mounts: mounts(ROOT, DEV, PTS), devices: undefined };
    expect(containerScript(plan)).not.toContain("/mnt/i/dev");
  });

  it("moves what stands on /proc, and lets nobody write to binfmt_misc or /sys", () => {
    const lines = script([
      ...[ROOT, PROC, "64 61 0:8 / /mnt/i/proc/sys/fs/binfmt_misc rw - binfmt_misc b rw"],
      "65 60 0:9 / /mnt/i/sys rw,nosuid - sysfs sysfs rw",
    ]);
    expect(lines).toContain("mount -c --move -- /mnt/i/proc/sys/fs/binfmt_misc /proc/sys/fs/binfmt_misc");
    expect(lines).toContain("mount -c -o remount,bind,ro,nodev -- none /proc/sys/fs/binfmt_misc");
    expect(lines).toContain("mount -c -o remount,bind,nosuid,ro,nodev,noexec -- none /mnt/i/sys");
  });

  it("leaves out what other mounts hide", () => {
    const lines = script([
      ROOT,
      "66 60 0:9 / /mnt/i/a/b rw - tmpfs hidden rw",
      "67 60 0:10 / /mnt/i/a rw - tmpfs top rw",
    ]);
    expect(lines.filter((line) => line.includes("/mnt/i/a"))).toEqual([
      "mount -c -o remount,bind,nodev -- none /mnt/i/a",
    ]);
  });

  it("quotes whatever a path has in it", () => {
    const [root = ""] = [ROOT.replace("/mnt/i ", "/mnt/it's\\040$(id) ")];
    const text = containerScript({ mountPath: "/mnt/it's $(id)", mounts: mounts(root), devices: undefined });
    expect(text).toContain(`cd '/mnt/it'\\''s $(id)'`);
  });
});
