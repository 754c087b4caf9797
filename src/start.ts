import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cachedDataVersionTag } from "node:v8";
import { Script } from "node:vm";

// Starts the bundled program, `dist/cli/main-HASH.js`. Most of a short command's time would be V8 compiling two megabytes
// of text, so what was compiled is kept, a file per command, and the next run begins with it.
//
// Code that V8 compiled is believed as it is, so it lies in the folder of the program's own code: whoever can write
// there can change the program itself. Only the owner of that folder writes it, so that a `sudo` leaves no file in
// somebody's working copy that they cannot delete.

/** The bundle's entry; `scripts/build.js` puts its name here. */
declare const PROGRAM: string;

/** What was compiled of one file, and the file that it was compiled from: V8 itself compares no more than its length. */
interface Compiled {
  readonly stamp: string;
  readonly data: Buffer;
}

/** The first line of the file: what follows it, in this order. */
interface Contents {
  readonly chunks: readonly { readonly name: string; readonly stamp: string; readonly bytes: number }[];
}

/** What Node puts around a CommonJS module. */
const HEAD = "(function (exports, require, module, __filename, __dirname) { ";

const folder = dirname(fileURLToPath(import.meta.url));
const native = createRequire(import.meta.url);
const cacheFile = nameCacheFile(process.argv.slice(2));
const kept = readCache(cacheFile);
const scripts = new Map<string, { readonly stamp: string; readonly script: Script }>();
const modules = new Map<string, { exports: unknown }>();
let isNews = false;

process.once("exit", (code) => {
  // A run that went well has been through most of what its command does.
  if (code === 0 && isNews) writeCache(cacheFile);
});
load(PROGRAM);

/** One file per command and kind of V8: its version, flags and the features of the processor. */
function nameCacheFile(argv: readonly string[]): string | undefined {
  const asksForHelp = argv.some((word) => ["-h", "-help", "--help"].includes(word));
  const command = asksForHelp ? "help" : (argv[0] ?? "");
  if (!/^[a-z][a-z-]{1,30}$/.test(command)) return undefined;
  return join(folder, "compiled", `${command}-${cachedDataVersionTag()}`);
}

/** Loads one file of the bundle as Node's `require` does. */
function load(name: string): unknown {
  const known = modules.get(name);
  if (known) return known.exports;
  const module: { exports: unknown } = { exports: {} };
  modules.set(name, module);
  const file = join(folder, name);
  const { script, stamp } = compile(name, file);
  scripts.set(name, { script, stamp });
  const requireFrom = (id: string): unknown => (id.startsWith("./") ? load(id.slice(2)) : native(id));
  script.runInThisContext()(module.exports, requireFrom, module, file, folder);
  return module.exports;
}

function compile(name: string, file: string): { readonly script: Script; readonly stamp: string } {
  const { text, stamp } = readText(file);
  const compiled = kept.get(name);
  const cachedData = compiled?.stamp === stamp ? compiled.data : undefined;
  const script = new Script(`${HEAD}${text}\n})`, {
    filename: file,
    columnOffset: -HEAD.length,
    ...(cachedData && { cachedData }),
  });
  if (cachedData === undefined || script.cachedDataRejected) isNews = true;
  return { script, stamp };
}

function readText(file: string): { readonly text: string; readonly stamp: string } {
  const fd = openSync(file, "r");
  try {
    const { size, mtimeMs } = fstatSync(fd);
    // `scripts/ascii-only.js` has seen to it that each byte is a character: nothing is to be decoded, and V8 keeps one byte of each.
    return { text: readFileSync(fd, "latin1"), stamp: `${size} ${mtimeMs}` };
  } finally {
    closeSync(fd);
  }
}

/** @returns nothing when there is none, or none that can be read: then everything is compiled */
function readCache(file: string | undefined): Map<string, Compiled> {
  const found = new Map<string, Compiled>();
  try {
    if (file === undefined) return found;
    const bytes = readFileSync(file);
    const end = bytes.indexOf("\n");
    const { chunks } = JSON.parse(bytes.toString("utf8", 0, end)) as Contents;
    let at = end + 1;
    for (const { name, stamp, bytes: length } of chunks) {
      found.set(name, { stamp, data: bytes.subarray(at, at + length) });
      at += length;
    }
  } catch {
    found.clear();
  }
  return found;
}

/** Appears whole or not at all, also when the power goes. A folder that cannot be written to is no failure. */
function writeCache(file: string | undefined): void {
  if (file === undefined || statSync(folder).uid !== process.geteuid?.()) return;
  const unfinished = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    const data = [...scripts].map(([name, { script, stamp }]) => ({ name, stamp, bytes: script.createCachedData() }));
    const chunks = data.map(({ name, stamp, bytes }) => ({ name, stamp, bytes: bytes.length }));
    const fd = openSync(unfinished, "wx", 0o644);
    try {
      const head = Buffer.from(`${JSON.stringify({ chunks } satisfies Contents)}\n`);
      writeWhole(fd, Buffer.concat([head, ...data.map(({ bytes }) => bytes)]));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(unfinished, file);
  } catch {
    rmSync(unfinished, { force: true });
  }
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
