import { spawn } from "node:child_process";
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, copyFile, cp, mkdir, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Communicator, RemoteCommand, TemporaryPlace, UploadInfo } from "../../../src/chroot/communicator.ts";
import type { ExitStatus } from "../../../src/host/command-error.ts";

/**
 * A communicator whose "image" is a folder, for tests without root: commands run on this machine in that folder with the
 * clean environment of the real one. A path of a transfer is taken below the folder, unless it is there already.
 */
export class FolderCommunicator implements Communicator {
  /** Every command line that was started. */
  readonly commands: string[] = [];
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  start({ command, stdout, stderr, env, signal }: RemoteCommand): Promise<ExitStatus> {
    this.commands.push(command);
    const child = spawn("/bin/sh", ["-c", command], {
      cwd: this.#folder,
      env: { PATH: "/usr/bin:/bin", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    if (stdout) child.stdout.pipe(stdout, { end: false });
    if (stderr) child.stderr.pipe(stderr, { end: false });
    const kill = () => child.pid && process.kill(-child.pid, "SIGKILL");
    signal?.addEventListener("abort", kill, { once: true });
    return new Promise((resolve) => {
      child.once("close", (code, killedBy) => {
        signal?.removeEventListener("abort", kill);
        resolve({ code, signal: killedBy });
      });
    });
  }

  async upload(destination: string, content: Readable, info?: UploadInfo): Promise<void> {
    const path = this.#inFolder(destination);
    await pipeline(content, createWriteStream(path));
    await chmod(path, info?.mode ?? 0o644);
  }

  async uploadFile(destination: string, source: string, info?: UploadInfo): Promise<void> {
    await this.upload(destination, createReadStream(source), info);
  }

  async uploadDir(destination: string, source: string): Promise<void> {
    await copyFolder(source, this.#inFolder(destination), basename(source), source.endsWith("/"));
  }

  async reserve(path: string): Promise<TemporaryPlace> {
    return { remove: () => rm(this.#inFolder(path), { recursive: true, force: true }) };
  }

  async download(source: string, content: Writable): Promise<void> {
    await pipeline(createReadStream(this.#inFolder(source)), content, { end: false });
  }

  async downloadFile(source: string, destination: string): Promise<void> {
    await copyFile(this.#inFolder(source), destination);
  }

  async downloadDir(source: string, destination: string): Promise<void> {
    await copyFolder(this.#inFolder(source), destination, basename(source), source.endsWith("/"));
  }

  #inFolder(path: string): string {
    return path.startsWith(this.#folder) ? path : join(this.#folder, path);
  }
}

async function copyFolder(from: string, to: string, name: string, contentOnly: boolean): Promise<void> {
  await stat(from);
  const target = contentOnly ? to : join(to, name);
  await mkdir(target, { recursive: true });
  await cp(from, target, { recursive: true });
}
