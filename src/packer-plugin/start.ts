import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { cachedDataVersionTag } from "node:v8";
import { CompiledCode } from "../common/compiled-code.ts";
import { compiledFolderOf } from "../plugin-install/compiled-folder.ts";

// Starts the plugin's file, from what V8 compiled of it before. `scripts/bundle-plugin.js` puts this into the file's beginning, for
// `node -e`; what it starts is the rest of it.

const file = resolve(process.argv[1] ?? "");
process.argv[1] = file;
// Packer asks every plugin to describe itself at every start, for which next to nothing is needed.
const task = process.argv[2] === "describe" ? "describe" : "start";
const code = new CompiledCode(join(compiledFolderOf(file), `${task}-${cachedDataVersionTag()}`), file);
const keep = (isWhole: boolean) => code.keep({ isWhole });
process.once("exit", (exitCode) => {
  if (exitCode === 0) keep(task === "describe");
});
// Packer kills a plugin that has done its work: that keeps its code before it answers.
code.compile(basename(file), file).runInThisContext()(createRequire(file), keep);
