import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recordingRunner } from "../../tests/support/builder/recording-runner.ts";
import { SandboxError } from "./anchor.ts";
import { ChrootCommunicator, folderFor } from "./chroot-communicator.ts";
import { TransferError } from "./transfer-error.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "chroot-communicator-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("ChrootCommunicator", () => {
  it("moves no file by way of a container that has ended: its pid may be anybody's", async () => {
    const own = { isAlive: true };
    const container = {
      get rootPath() {
        if (!own.isAlive) throw new SandboxError("The sandbox has ended");
        return folder;
      },
      shellWords: [],
      spawn: () => Promise.reject(new SandboxError("The sandbox has ended")),
      restrictMounts: async () => undefined,
    };
    const communicator = new ChrootCommunicator({ runner: recordingRunner(), mountPath: "/mnt/image", container });
    writeFileSync(join(folder, "read"), "content");
    mkdirSync(join(folder, "folder"));
    const transfers = [
      () => communicator.upload("/written", Readable.from(["x"])),
      () => communicator.uploadFile("/written", join(folder, "read")),
      () => communicator.uploadDir("/written", join(folder, "folder")),
      () => communicator.download("/read", new PassThrough().resume()),
      () => communicator.downloadFile("/read", join(folder, "downloaded")),
      () => communicator.downloadDir("/folder", join(folder, "downloaded")),
      () => communicator.reserve("/written"),
      () => communicator.start({ command: "true" }),
    ];
    own.isAlive = false;
    for (const transfer of transfers) await expect(transfer()).rejects.toThrow(SandboxError);
    expect(existsSync(join(folder, "written")) || existsSync(join(folder, "downloaded"))).toBe(false);
  });

  it("holds no stream open that could not be uploaded", async () => {
    mkdirSync(join(folder, "taken"));
    const communicator = new ChrootCommunicator({ runner: recordingRunner(), mountPath: folder });
    await expect(communicator.uploadFile("/taken", "/dev/zero")).rejects.toThrow(TransferError);
    // By then it would have been opened: calls to the file system are begun in their order.
    for (let count = 0; count < 50; count++) await stat(folder);
    await expect.poll(() => openFiles().filter((path) => path === "/dev/zero")).toEqual([]);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(communicator.uploadFile("/new", "/dev/zero", { signal })).rejects.toThrow();
    await expect.poll(() => openFiles().filter((path) => path === "/dev/zero")).toEqual([]);
  });
});

function openFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

describe("folderFor()", () => {
  it.each([
    ["/src/app", "/opt", "/opt/app"],
    ["/src/app/", "/opt", "/opt"],
    ["/src/app/.", "/opt", "/opt"],
    ["etc", "/tmp/down", "/tmp/down/etc"],
    ["/", "/opt", "/opt"],
  ])("has %s go to %s as %s", (source, destination, expected) => {
    expect(folderFor(source, destination)).toBe(expected);
  });
});
