import { describe, expect, it } from "vitest";
import { qemuArguments } from "./qemu-arguments.ts";

const options = { device: "/dev/loop0", memoryMib: 512, cpus: 2, firmware: "legacy" } as const;

describe("qemuArguments()", () => {
  it("boots the device read-only on virtio-scsi, without a network", () => {
    expect(qemuArguments(options, "tcg").join(" ")).toBe(
      "qemu-system-x86_64 -accel tcg -cpu max -m 512 -smp 2 -nographic " +
        "-chardev stdio,id=console -serial chardev:console -monitor none -nic none -no-reboot " +
        "-device virtio-rng-pci -device virtio-scsi-pci " +
        "-drive file=/dev/loop0,format=raw,if=none,id=root,snapshot=on,discard=ignore -device scsi-hd,drive=root,bootindex=0",
    );
    expect(qemuArguments(options, "kvm").slice(1, 5)).toEqual(["-accel", "kvm", "-cpu", "host"]);
  });

  it("has QEMU write the console to a file, too", () => {
    const withFile = qemuArguments({ ...options, consoleFile: "/var/a,b.log" }, "tcg").join(" ");
    expect(withFile).toContain("-chardev stdio,id=console,logfile=/var/a,,b.log -serial chardev:console");
  });

  it("writes a comma in a path so that QEMU does not see an option in it", () => {
    expect(qemuArguments({ ...options, device: "/tmp/a,readonly=off" }, "tcg").join(" ")).toContain(
      "file=/tmp/a,,readonly=off,format=raw",
    );
  });
});
