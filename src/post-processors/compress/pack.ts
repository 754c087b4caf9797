import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { Duplex, PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { ProvisionError, throwIfCancelled } from "../../common/errors.ts";
import { makeWholeFile } from "../../common/whole-file.ts";
import { CommandError, describeExit } from "../../host/command-error.ts";
import type { CommandRunner, RunningProcess } from "../../host/run-command.ts";
import { shellQuote } from "../../host/shell-quote.ts";
import { bgzfStream } from "./bgzf.ts";
import type { Algorithm, ArchiveFormat } from "./format.ts";

export interface PackInput {
  readonly format: ArchiveFormat;
  /** From 1 to 9; the format's own when undefined. */
  readonly level: number | undefined;
  readonly local: CommandRunner;
  readonly signal: AbortSignal;
}

/** The programs that a format is made with. */
export function programsFor({ archive, algorithm }: ArchiveFormat): readonly string[] {
  const own: readonly (Algorithm | undefined)[] = ["gzip", "bgzf", undefined];
  return [...(archive ? [archive] : []), ...(algorithm && !own.includes(algorithm) ? [algorithm] : [])];
}

/**
 * Packs files into one, whole or not at all. Makes the folders that are missing.
 * @throws {ProvisionError} when a file cannot be read, the archive not written, or a program fails
 */
export async function pack(files: readonly string[], target: string, input: PackInput): Promise<void> {
  const processes: Tracked[] = [];
  try {
    await mkdir(dirname(target), { recursive: true });
    const fill = async (file: FileHandle) => {
      const source = await openSource(files, input, processes);
      const compressor = await openCompressor(input, processes);
      const output = (chunks: AsyncIterable<Buffer>) => writeFile(file, chunks);
      await pipeline(source, compressor, output, { signal: input.signal });
      for (const each of processes) await each.succeeded();
    };
    await makeWholeFile(target, fill, { mode: 0o666 });
  } catch (cause) {
    for (const each of processes) each.process.kill("SIGKILL");
    throwIfCancelled(input.signal);
    throw new ProvisionError(`Cannot make the archive "${target}"`, { cause: await rootCause(cause, processes) });
  }
}

async function openSource(files: readonly string[], input: PackInput, processes: Tracked[]): Promise<Readable> {
  const { archive } = input.format;
  if (archive === undefined) return createReadStream(files[0] ?? "");
  const argv = archive === "tar" ? tarCommand(files) : zipCommand(files, input.level);
  const { process } = await track(argv, input.local, processes, "ignore");
  return process.stdout ?? new PassThrough();
}

/** Each file under its bare name, as Packer puts it there; a link as what it leads to. */
function tarCommand(files: readonly string[]): readonly string[] {
  const members = files.flatMap((file) => [
    `--directory=${dirname(resolve(file))}`,
    `--add-file=${basename(resolve(file))}`,
  ]);
  return ["tar", "--create", "--format=gnu", "--dereference", "--file=-", ...members];
}

function zipCommand(files: readonly string[], level: number | undefined): readonly string[] {
  return ["zip", "-q", "-r", "-nw", ...(level === undefined ? [] : [`-${level}`]), "-", "--", ...files];
}

async function openCompressor(input: PackInput, processes: Tracked[]): Promise<Duplex> {
  const { format, level, local } = input;
  switch (format.algorithm) {
    case undefined:
      return new PassThrough();
    case "gzip":
      return createGzip(level === undefined ? {} : { level });
    case "bgzf":
      return bgzfStream(level ?? -1);
    default:
      return programStream(compressCommand(format.algorithm, level), local, processes);
  }
}

function compressCommand(program: "bzip2" | "lz4" | "xz", level: number | undefined): readonly string[] {
  const threads = program === "xz" ? ["--threads=0"] : [];
  return [program, "-c", ...threads, ...(level === undefined ? [] : [`-${level}`])];
}

async function programStream(argv: readonly string[], local: CommandRunner, processes: Tracked[]): Promise<Duplex> {
  const { process } = await track(argv, local, processes, "pipe");
  const { stdin, stdout } = process;
  if (stdin === null || stdout === null) throw new Error(`${argv[0]} has no pipes`);
  return Duplex.from({ writable: stdin, readable: stdout });
}

interface Tracked {
  readonly process: RunningProcess;
  /** @throws {CommandError} when the program ends with another code than 0 */
  succeeded(): Promise<void>;
}

async function track(
  argv: readonly string[],
  local: CommandRunner,
  processes: Tracked[],
  stdin: "pipe" | "ignore",
): Promise<Tracked> {
  const process = await local.spawn(argv, { stdio: [stdin, "pipe", "pipe"] });
  const said: Buffer[] = [];
  process.stderr?.on("data", (chunk: Buffer) => said.push(chunk));
  const tracked = {
    process,
    async succeeded() {
      const status = await process.exited;
      if (status.code === 0) return;
      const stderr = Buffer.concat(said).toString().trim().slice(-4000);
      const message = `Command failed (${describeExit(status)}): ${shellQuote(argv)}`;
      throw new CommandError(stderr ? `${message}\n${stderr}` : message, { argv, status, stderr });
    },
  };
  processes.push(tracked);
  return tracked;
}

/** A pipe that broke is the end of a program that has failed: what it said tells more. */
async function rootCause(cause: unknown, processes: readonly Tracked[]): Promise<unknown> {
  for (const each of processes) {
    const failure = await each.succeeded().catch((error: unknown) => error);
    if (failure instanceof CommandError && failure.status.code !== null) return failure;
  }
  return cause;
}
