import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { BootCheckError } from "../../src/boot/boot-check-error.ts";
import { type BootTestOptions, bootTest } from "../../src/boot/boot-test.ts";
import { CancelledError } from "../../src/common/errors.ts";
import { hostRunner, type RunningProcess } from "../../src/host/run-command.ts";
import { type AfterPrinting, serialSector } from "../support/boot/serial-sector.ts";
import { efiDisk, efiProgram } from "../support/disks/efi-disk.ts";
import { requirePrograms, requireThat } from "../support/suite/requirements.ts";

/** For a machine that is ten times slower: nothing waits for so long. */
const MINUTES = 60_000;

requirePrograms("qemu-system-x86_64")("bootTest()", () => {
  let folder: string;
  let guests: RunningProcess[];
  const lines: string[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "boot-test-"));
    guests = [];
    lines.length = 0;
  });

  // Whatever a test was about: QEMU is gone when bootTest() has returned.
  afterEach(async () => {
    for (const { pid } of guests) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
    await rm(folder, { recursive: true, force: true });
  });

  /** A disk whose guest prints the text, and what boots it. */
  async function diskThatPrints(text: string, after: AfterPrinting = "halt"): Promise<BootTestOptions> {
    const device = join(folder, "disk.raw");
    await writeFile(device, serialSector(`\r\n${text}`, after));
    await truncate(device, 1024 * 1024); // SeaBIOS takes no smaller disk
    const host = hostRunner();
    const spawn: typeof host.spawn = async (argv, options) => {
      const guest = await host.spawn(argv, options);
      guests.push(guest);
      return guest;
    };
    return {
      ...{ device, memoryMib: 64, cpus: 1, firmware: "legacy", acceleration: "tcg" },
      ...{ pattern: /login: $/, timeoutMs: 10 * MINUTES, runner: { ...host, spawn } },
      onLine: (line) => lines.push(line),
    };
  }

  it("returns when the pattern is on the console, and changes nothing on the disk", async () => {
    const options = await diskThatPrints("Debian GNU/Linux 12 ttyS0\r\n\r\nimage login: ");
    const before = createHash("sha256")
      .update(await readFile(options.device))
      .digest("hex");
    const result = await bootTest(options);
    expect(result).toMatchObject({ acceleration: "tcg" });
    expect(result.tail.slice(-2)).toEqual(["Debian GNU/Linux 12 ttyS0", "image login: "]);
    expect(lines).toContain("Debian GNU/Linux 12 ttyS0");
    expect(
      createHash("sha256")
        .update(await readFile(options.device))
        .digest("hex"),
    ).toBe(before);
  });

  const firmware = existsSync("/usr/share/OVMF/OVMF_CODE_4M.fd") || existsSync("/usr/share/OVMF/OVMF_CODE.fd");
  requireThat(firmware, "the package ovmf")("with UEFI", { timeout: 11 * MINUTES }, () => {
    const uefi = { firmware: "uefi", memoryMib: 256 } as const;

    it("starts what lies in the ESP", async () => {
      const options = await diskThatPrints("");
      await writeFile(options.device, efiDisk(efiProgram("\r\nby UEFI\r\nimage login: ")));
      const { tail } = await bootTest({ ...options, ...uefi });
      expect(tail.slice(-2)).toEqual(["by UEFI", "image login: "]);
    });

    it("says that firmware has found nothing to start", async () => {
      const options = await diskThatPrints("no program for UEFI");
      await expect(bootTest({ ...options, ...uefi })).rejects.toThrow("The image does not boot: Shell>");
    });
  });

  it("stops at a kernel panic, with the console's tail", async () => {
    const options = await diskThatPrints("Run /init\r\nKernel panic - not syncing: No working init found.\r\n");
    const error = await bootTest(options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BootCheckError);
    const panic = "Kernel panic - not syncing: No working init found.";
    expect(error).toMatchObject({ tail: expect.arrayContaining(["Run /init", panic]) });
    const told = new RegExp(
      `The image does not boot: ${panic} \\(after .* s under TCG\\)\n(  \\| .*\n)+  \\| ${panic}$`,
    );
    expect(String(error)).toMatch(told);
  });

  it("tells of a guest that reboots", async () => {
    const options = await diskThatPrints("going down\r\n", "reset");
    await expect(bootTest(options)).rejects.toThrow("powered off or rebooted");
  });

  it("takes a pattern among a guest's last words", async () => {
    const options = await diskThatPrints("all tests passed\r\n", "reset");
    expect((await bootTest({ ...options, pattern: /passed/ })).tail).toContain("all tests passed");
  });

  it("gives up at the deadline", async () => {
    const options = await diskThatPrints("booting...\r\n");
    const failing = bootTest({ ...options, timeoutMs: 3_000 });
    await expect(failing).rejects.toThrow("/login: $/ was not on the console after 3 s under TCG, ");
  });

  it("keeps the console of a guest in a file, and names it in the error", async () => {
    const options = await diskThatPrints("Kernel panic - not syncing: Attempted to kill init!\r\n");
    const consoleFile = (acceleration: string) => join(folder, `console, ${acceleration}.log`);
    const failing = bootTest({ ...options, consoleFile });
    await expect(failing).rejects.toThrow(`\nThe whole console is in ${consoleFile("tcg")}`);
    expect(await readFile(consoleFile("tcg"), "utf8")).toContain("Attempted to kill init!");
  });

  it("says what to do when the console is silent or QEMU fails", async () => {
    const options = await diskThatPrints("x");
    const gone = join(folder, "gone.raw");
    await expect(bootTest({ ...options, device: gone })).rejects.toThrow(
      /QEMU ended with exit code 1 after .* under TCG: .*gone\.raw/,
    );
  });

  it("can be cancelled", async () => {
    const options = await diskThatPrints("booting...\r\n");
    const cancel = new AbortController();
    const onLine = (line: string) => line === "booting..." && cancel.abort();
    await expect(bootTest({ ...options, onLine, signal: cancel.signal })).rejects.toThrow(CancelledError);
  });

  it("finds out whether KVM works before it relies on it", async () => {
    const options = await diskThatPrints("image login: ");
    const notes: string[] = [];
    const onNote = (message: string) => notes.push(message);
    const { acceleration } = await bootTest({ ...options, acceleration: "auto", onNote });
    expect(notes[0]).toMatch(/^(KVM|TCG) is used: /);
    if (notes.length === 1) expect(notes[0]).toContain(acceleration.toUpperCase());
  });
});
