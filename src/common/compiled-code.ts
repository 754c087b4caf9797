import {
  closeSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { Script } from "node:vm";

// Most of a short command's time would be V8 compiling megabytes of text, so what was compiled is kept, and the next run
// begins with it.
//
// Code that V8 compiled is believed as it is, so it lies beside the program's own code: whoever can write there can change
// the program itself. Only the owner of that code writes it, so that a `sudo` leaves no file in somebody's working copy that
// they cannot delete.

/** What was compiled of one file, and the file that it was compiled from: V8 itself compares no more than its length. */
interface Compiled {
  readonly stamp: string;
  readonly data: Buffer;
}

/** The first line of the file: what follows it, in this order. */
interface Contents {
  /** Whether the program had done all that it does. */
  readonly isWhole: boolean;
  readonly chunks: readonly { readonly name: string; readonly stamp: string; readonly bytes: number }[];
}

/** The files of a program, compiled by V8, with what is kept of that between runs. */
export class CompiledCode {
  readonly #cacheFile: string | undefined;
  readonly #ownerUid: number | undefined;
  readonly #kept: ReadonlyMap<string, Compiled>;
  readonly #scripts = new Map<string, { readonly stamp: string; readonly script: Script }>();
  #isNews = false;
  #isWhole = false;

  /**
   * @param cacheFile In a folder of its own beside the code; undefined where nothing is to be kept
   * @param ownCode The program's own file, or its folder: its owner is whom we believe
   */
  constructor(cacheFile: string | undefined, ownCode: string) {
    this.#cacheFile = cacheFile;
    this.#ownerUid = cacheFile === undefined ? undefined : statSync(ownCode).uid;
    this.#kept = this.#read();
  }

  /**
   * The code of a file whose bytes are characters, each of them one (`scripts/ascii-only.js`): nothing is to be decoded,
   * and V8 keeps one byte of each.
   * @param head On the first line, before the file's own
   */
  compile(name: string, file: string, { head = "", foot = "" } = {}): Script {
    const { text, stamp } = readText(file);
    const compiled = this.#kept.get(name);
    const cachedData = compiled?.stamp === stamp ? compiled.data : undefined;
    const script = new Script(head + text + foot, {
      filename: file,
      columnOffset: -head.length,
      ...(cachedData && { cachedData }),
    });
    if (cachedData === undefined || script.cachedDataRejected) this.#isNews = true;
    this.#scripts.set(name, { script, stamp });
    return script;
  }

  /**
   * Keeps what was compiled, if that is new. It appears whole or not at all, also when the power goes. A folder that cannot be
   * written to is no failure.
   * @param isWhole False while the program has not been through most of what it does: the next whole one takes its place
   */
  keep({ isWhole = true } = {}): void {
    const file = this.#cacheFile;
    const isBetter = this.#isNews || (isWhole && !this.#isWhole);
    if (file === undefined || !isBetter || this.#ownerUid !== process.geteuid?.()) return;
    const unfinished = `${file}.${process.pid}`;
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
      if (!this.#isBelieved(dirname(file))) return;
      removeUnfinished(file);
      this.#write(unfinished, isWhole);
      renameSync(unfinished, file);
      this.#isNews = false;
      this.#isWhole = isWhole;
    } catch {
      rmSync(unfinished, { force: true });
    }
  }

  /** @returns nothing when there is none, or none that can be read: then everything is compiled */
  #read(): ReadonlyMap<string, Compiled> {
    const found = new Map<string, Compiled>();
    const file = this.#cacheFile;
    try {
      if (file === undefined || !this.#isBelieved(dirname(file))) return found;
      const bytes = readFileSync(file);
      const end = bytes.indexOf("\n");
      const { chunks, isWhole } = JSON.parse(bytes.toString("utf8", 0, end)) as Contents;
      let at = end + 1;
      for (const { name, stamp, bytes: length } of chunks) {
        found.set(name, { stamp, data: bytes.subarray(at, at + length) });
        at += length;
      }
      this.#isWhole = isWhole;
    } catch {
      found.clear();
    }
    return found;
  }

  #write(path: string, isWhole: boolean): void {
    const data = [...this.#scripts].map(([name, { script, stamp }]) => ({
      name,
      stamp,
      bytes: script.createCachedData(),
    }));
    const chunks = data.map(({ name, stamp, bytes }) => ({ name, stamp, bytes: bytes.length }));
    const fd = openSync(path, "wx", 0o644);
    try {
      const head = Buffer.from(`${JSON.stringify({ isWhole, chunks } satisfies Contents)}\n`);
      writeWhole(fd, Buffer.concat([head, ...data.map(({ bytes }) => bytes)]));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  /** Beside a file in a folder that is everybody's, such as /tmp, somebody else may have made it. */
  #isBelieved(folder: string): boolean {
    const found = lstatSync(folder);
    return found.isDirectory() && found.uid === this.#ownerUid && (found.mode & 0o022) === 0;
  }
}

function readText(file: string): { readonly text: string; readonly stamp: string } {
  const fd = openSync(file, "r");
  try {
    const { size, mtimeMs } = fstatSync(fd);
    return { text: readFileSync(fd, "latin1"), stamp: `${size} ${mtimeMs}` };
  } finally {
    closeSync(fd);
  }
}

/** Those of processes that were killed; one that still writes finds its file gone, and keeps nothing. */
function removeUnfinished(file: string): void {
  const folder = dirname(file);
  for (const name of readdirSync(folder)) {
    if (name.startsWith(`${basename(file)}.`)) rmSync(join(folder, name), { force: true });
  }
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
