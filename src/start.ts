import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cachedDataVersionTag } from "node:v8";
import { CompiledCode } from "./common/compiled-code.ts";

// Starts the bundled program, `dist/cli/main-HASH.js`, from what V8 compiled of it before: a file per command.

/** The bundle's entry; `scripts/build.js` puts its name here. */
declare const PROGRAM: string;

/** What Node puts around a CommonJS module. */
const HEAD = "(function (exports, require, module, __filename, __dirname) { ";

const folder = dirname(fileURLToPath(import.meta.url));
const native = createRequire(import.meta.url);
const code = new CompiledCode(nameCacheFile(process.argv.slice(2)), folder);
const modules = new Map<string, { exports: unknown }>();

process.once("exit", (exitCode) => {
  // A run that went well has been through most of what its command does.
  if (exitCode === 0) code.keep();
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
  const requireFrom = (id: string): unknown => (id.startsWith("./") ? load(id.slice(2)) : native(id));
  const script = code.compile(name, file, { head: HEAD, foot: "\n})" });
  script.runInThisContext()(module.exports, requireFrom, module, file, folder);
  return module.exports;
}
