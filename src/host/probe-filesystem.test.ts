import { expect, test } from "vitest";
import { CommandError } from "./command-error.ts";
import { parseProbe, probeFilesystem } from "./probe-filesystem.ts";
import type { CommandRunner } from "./run-command.ts";

const runnerThat = (run: CommandRunner["run"]): CommandRunner => ({
  run,
  spawn: () => Promise.reject(new Error("not run")),
});

test("parseProbe() reads type, UUID and label, and takes escapes back", () => {
  const text =
    "ID_FS_LABEL=a_b\nID_FS_LABEL_ENC=a\\x20b\\x22é\\x5cd\nID_FS_UUID=ab-cd\nID_FS_TYPE=ext4\nID_PART_ENTRY_NUMBER=1\n";
  expect(parseProbe(text)).toEqual({ type: "ext4", uuid: "ab-cd", label: 'a b"é\\d' });
});

test.each([[""], ["ID_PART_TABLE_TYPE=dos\n"]])("parseProbe(%j) finds no file system", (text) => {
  expect(parseProbe(text)).toBeUndefined();
});

test("probeFilesystem() asks blkid about the node itself", async () => {
  const seen: unknown[] = [];
  const runner = runnerThat(async (argv, options) => {
    seen.push(argv, options?.okExitCodes);
    return { stdout: "ID_FS_TYPE=swap\n", stderr: "", exitCode: 0 };
  });
  expect(await probeFilesystem(runner, "/dev/sda2")).toEqual({ type: "swap", uuid: "", label: "" });
  expect(seen).toEqual([
    ["blkid", "--probe", "--output", "udev", "/dev/sda2"],
    [0, 2],
  ]);
});

test("probeFilesystem() refuses a node with the signatures of several file systems", async () => {
  const failure = new CommandError("ambivalent", { argv: [], status: { code: 8, signal: null }, stderr: "" });
  const runner = runnerThat(() => Promise.reject(failure));
  await expect(probeFilesystem(runner, "/dev/sda2")).rejects.toThrow("carries the signatures of several file systems");
});
