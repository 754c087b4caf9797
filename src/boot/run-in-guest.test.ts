import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { scriptedGuests } from "../../tests/support/boot/scripted-guests.ts";
import { systemClock } from "../common/clock.ts";
import { CancelledError } from "../common/errors.ts";
import { BootCheckError } from "./boot-check-error.ts";
import { type RunInGuestOptions, runInGuest } from "./run-in-guest.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "run-in-guest-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const VALUE = (argv: readonly string[], name: string) => argv[argv.indexOf(name) + 1] ?? "";

/** Runs commands in a guest that is a script of the test's: it answers as it is told, with the number of the real script. */
function run(
  answer: (tell: (line: string, body?: string) => void) => void,
  {
    console: says = "",
    ends = undefined as number | undefined,
    ...more
  }: Partial<RunInGuestOptions> & { readonly console?: string; readonly ends?: number | undefined } = {},
) {
  let argv: readonly string[] = [];
  const guests = scriptedGuests(systemClock, (_acceleration, given) => {
    argv = given;
    const nonce =
      /printf '\\n%s %s\\n' ([0-9a-f]{32})/.exec(readFileSync(join(folder, "script.raw"), "utf8"))?.[1] ?? "";
    answer((line, body = "") => appendFileSync(join(folder, "answers"), `\n${nonce} ${line}\n${body}`));
    return { says: [[0, says]], ...(ends !== undefined && { ends: { afterMs: 5, code: ends } }) };
  });
  const running = runInGuest({
    ...{
      commands: ["true", "exit 3"],
      acceleration: "tcg",
      folder,
      kernel: "/k",
      initrd: "/i",
      options: ["root=LABEL=r"],
    },
    ...{ device: "/dev/null", memoryMib: 64, cpus: 1, timeoutMs: 60_000, runner: guests.runner, clock: systemClock },
    ...more,
  });
  return { running, argv: () => argv, guests };
}

const command = (tell: (line: string, body?: string) => void, index: number, code: number, output: string) => {
  tell(`begin command ${index}`);
  tell(`output ${code} ${output.length}`, output);
  tell("end");
};

describe("runInGuest()", () => {
  it("gives what each command came to, and ends the guest", async () => {
    const { running, argv, guests } = run((tell) => {
      command(tell, 0, 0, "fine\n");
      command(tell, 1, 3, "");
      tell("done");
    });
    expect(await running).toMatchObject({
      commands: [
        { command: "true", exitCode: 0, output: "fine\n" },
        { command: "exit 3", exitCode: 3, output: "" },
      ],
      failedUnits: [],
    });
    expect(guests.running()).toBe(0);
    expect([VALUE(argv(), "-kernel"), VALUE(argv(), "-initrd"), VALUE(argv(), "-nic")]).toEqual(["/k", "/i", "none"]);
    expect(VALUE(argv(), "-append")).toMatch(/^root=LABEL=r .*systemd\.run=/);
    expect(argv().filter((word) => word.includes("/dev/null"))).toEqual([expect.stringContaining("snapshot=on")]);
    expect(argv().filter((word) => word.includes("script.raw"))).toEqual([expect.stringContaining("readonly=on")]);
    const modes = ["script.raw", "answers"].map((name) => statSync(join(folder, name)).mode & 0o777);
    expect([modes, statSync(join(folder, "script.raw")).size % 512]).toEqual([[0o600, 0o600], 0]);
  });

  it("says what goes on when the time is over", async () => {
    const { running } = run((tell) => tell("starting slow.service "), { timeoutMs: 10 });
    await expect(running).rejects.toThrow(
      "The commands of boot_test.run were not through after 0 s under TCG: its units were still starting: slow.service",
    );
  });

  it.each([
    [
      "a panic",
      { console: "Kernel panic - not syncing: VFS: Unable to mount root fs\n" },
      "Kernel panic - not syncing: VFS",
    ],
    ["an initramfs shell", { console: "ALERT!  UUID=1 does not exist.\n(initramfs) " }, "(initramfs)"],
    ["a guest that ends", { ends: 0 }, "QEMU ended as the guest powered off or rebooted"],
    ["a QEMU that fails", { ends: 1 }, "QEMU ended with exit code 1"],
  ])("tells of %s", async (_what, guest, words) => {
    const { running } = run(() => undefined, guest);
    await expect(running).rejects.toThrow(BootCheckError);
    await expect(running).rejects.toThrow(words);
  });

  it("takes the answers of a guest that ends when it is through", async () => {
    const { running } = run((tell) => tell("done"), { ends: 0 });
    expect(await running).toMatchObject({ commands: [], failedUnits: [] });
  });

  it("stops when it is cancelled, and when the guest writes for ever", async () => {
    const cancel = new AbortController();
    const cancelled = run(() => cancel.abort(), { signal: cancel.signal });
    await expect(cancelled.running).rejects.toThrow(CancelledError);
    const flood = run(() => writeFileSync(join(folder, "answers"), Buffer.alloc(17 * 1024 * 1024)));
    await expect(flood.running).rejects.toThrow("have written more than 16 MiB");
    expect([cancelled.guests.running(), flood.guests.running()]).toEqual([0, 0]);
  });
});
