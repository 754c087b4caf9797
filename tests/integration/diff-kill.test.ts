import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { removeAbandoned } from "../../src/host/held-folder.ts";
import { bundleProgram } from "../support/program/bundled-program.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("losetup", "mkfs.ext4", "qemu-img", "unshare");

describe("outscale-chroot diff of disk files under kill -9", () => {
  let folder: string;
  let program: string;
  let raw: string;
  let qcow2: string;
  const state = () => join(folder, "state");
  const temporary = () => (existsSync(join(state(), "temporary")) ? readdirSync(join(state(), "temporary")) : []);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "diff-kill-"));
    mkdirSync(join(folder, "tmp"));
    program = await bundleProgram(join(folder, "program"));
    const tree = join(folder, "tree");
    for (const each of ["etc", "bin", "usr/bin", "var"]) mkdirSync(join(tree, each), { recursive: true });
    writeFileSync(join(tree, "etc/os-release"), "ID=test\n");
    writeFileSync(join(tree, "etc/fstab"), "");
    raw = join(folder, "old.raw");
    execFileSync("truncate", ["-s", "16M", raw]);
    execFileSync("mkfs.ext4", ["-q", "-F", "-d", tree, raw]);
    qcow2 = join(folder, "new.qcow2");
    execFileSync("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", raw, qcow2]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (argv: readonly string[], path = process.env.PATH): ChildProcess =>
    spawn(process.execPath, [program, ...argv], {
      env: { ...process.env, PATH: path, TMPDIR: join(folder, "tmp"), OUTSCALE_CHROOT_STATE: state() },
      stdio: ["ignore", "pipe", "inherit"],
    });

  async function succeed(...argv: readonly string[]): Promise<string> {
    const child = run(argv);
    const output: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => output.push(chunk));
    expect(await once(child, "close")).toEqual([0, null]);
    return Buffer.concat(output).toString();
  }

  /** A program that does its work, says so by making a file, and then does not come to its end. */
  function stopAfter(name: string): { readonly path: string; readonly reached: Promise<void> } {
    const programs = mkdtempSync(join(folder, "programs-"));
    const real = execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    const reached = new Promise<void>((resolve) => {
      const watcher = watch(programs, (_, file) => {
        if (file !== "reached") return;
        watcher.close();
        resolve();
      });
    });
    writeFileSync(
      join(programs, name),
      `#!/bin/sh\n${real} "$@" || exit\n: > ${join(programs, "reached")}\nexec sleep infinity\n`,
      { mode: 0o755 },
    );
    return { path: `${programs}:${process.env.PATH}`, reached };
  }

  /** Loop devices of files in our folder, however long ago they were removed. */
  const loops = () =>
    execFileSync("losetup", ["--list", "--noheadings", "--output", "NAME,BACK-FILE"], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line.includes(folder));

  it.each(["losetup", "qemu-img", "mount"])(
    "leaves nothing after cleanup when it dies as %s has done its work",
    async (name) => {
      const { path, reached } = stopAfter(name);
      const child = run(["diff", raw, qcow2], path);
      const ended = once(child, "exit");
      await reached;
      expect(temporary()).toHaveLength(2);
      expect(await removeAbandoned(join(state(), "temporary"))).toEqual([]);
      child.kill("SIGKILL");
      expect(await ended).toEqual([null, "SIGKILL"]);
      expect(readdirSync(join(folder, "tmp"))).toEqual([]);
      if (name === "losetup") expect(loops().length).toBeGreaterThan(0);
      // What it had started ends with it, in its own time, and has the lock until then.
      await expect.poll(() => succeed("cleanup").then(temporary)).toEqual([]);
      await expect.poll(loops).toEqual([]);
    },
  );

  it("is told by its mark: a loop device of the same file that somebody else made stays", async () => {
    const device = execFileSync("losetup", ["--read-only", "--find", "--show", raw], { encoding: "utf8" }).trim();
    try {
      const { path, reached } = stopAfter("losetup");
      const child = run(["diff", raw, raw], path);
      const ended = once(child, "exit");
      await reached;
      child.kill("SIGKILL");
      await ended;
      await expect.poll(() => succeed("cleanup").then(temporary)).toEqual([]);
      await expect.poll(loops).toEqual([expect.stringContaining(device)]);
    } finally {
      execFileSync("losetup", ["--detach", device]);
    }
  });

  it("leaves nothing when it comes to its end", async () => {
    expect(await succeed("diff", raw, qcow2)).not.toBe("");
    expect(temporary()).toEqual([]);
    expect(readdirSync(join(folder, "tmp"))).toEqual([]);
    await expect.poll(loops).toEqual([]);
  });
});
