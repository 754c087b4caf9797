// Makes the Packer plugin: one executable file with everything in it, as Packer copies and checks one file.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { Script } from "node:vm";
import { build, rolldown } from "rolldown";
import { escaped } from "./ascii-only.js";
import { leanUndici } from "./lean-undici.js";
import { optionalXml } from "./optional-xml.js";
import { licenceTexts, packagesOf } from "./third-party.js";

const common = { platform: "node", transform: { target: "es2022" }, logLevel: "warn", external: [optionalXml] };

/** What the installer recognises a file of ours by. */
export const PLUGIN_MARK = "// outscale-chroot: the Packer plugin";

/**
 * Node would take the file for a module or a script by the package.json of whatever folder it is installed below, and
 * where that says module, refuse it for what looks like an extension in its name: `_x5.0_linux_amd64`. So the shell
 * starts Node on the text of the file, and the names mean nothing.
 * @param {string} file
 */
export async function bundlePlugin(file) {
  const { output } = await build({
    ...common,
    input: "src/packer-plugin/main.ts",
    plugins: [
      leanUndici,
      await threadInside("src/chroot/tree-worker.ts", "src/chroot/tree-job.ts"),
      await threadInside("src/hygiene/hygiene-worker.ts", "src/hygiene/hygiene-job.ts"),
    ],
    write: false,
    output: { format: "cjs", codeSplitting: false, minify: { mangle: false } },
  });
  const [{ code, moduleIds }] = output;
  const licences = licenceTexts(packagesOf(moduleIds));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, wrap({ starter: await bundleStarter(), code: escaped(code), licences }));
  chmodSync(file, 0o755);
}

/** What starts the rest of the file, for `node -e '...'`. */
async function bundleStarter() {
  const { output } = await build({
    ...common,
    input: "src/packer-plugin/start.ts",
    write: false,
    output: { format: "cjs", codeSplitting: false, minify: true, comments: false },
  });
  // What is left of line ends is in templates.
  const code = escaped(output[0].code.trim()).replaceAll("\n", "\\n");
  if (code.includes("'")) throw new Error("The starter would not stay between the quotes of the shell");
  new Script(code);
  return code;
}

/**
 * Lines 2 and 3 are commands to the shell, the first of which does nothing, and to Node texts with comments behind them. The mark
 * comes first, as whoever looks for it reads no more than the file's beginning.
 * @param {object} parts
 * @param {string} parts.starter
 * @param {string} parts.code
 * @param {string} parts.licences At the end, as the file is handed out alone
 */
function wrap({ starter, code, licences }) {
  return `#!/bin/sh
":" ${PLUGIN_MARK}
":" //; exec node -e '${starter}' -- "$0" "$@"
;((require, keepCompiled) => {
const __filename = process.argv[1];
const exports = {};
const module = { exports };
${code}
})
${licences.replace(/^/gm, "// ").replace(/ +$/gm, "")}
`;
}

/**
 * Folders are copied, and images cleaned, in threads, whose files lie beside the program elsewhere; here their code goes inside.
 * @param {string} worker The source of the thread
 * @param {string} starter The source that starts it
 */
async function threadInside(worker, starter) {
  const bundle = await rolldown({ ...common, input: worker });
  const { output } = await bundle.generate({ format: "esm", codeSplitting: false, minify: { mangle: false } });
  await bundle.close();
  const url = `data:text/javascript;base64,${Buffer.from(output[0].code).toString("base64")}`;
  const place = `new URL("./${basename(worker, ".ts")}.js", import.meta.url)`;
  return {
    name: "thread-inside",
    transform: {
      filter: { id: new RegExp(`${starter.replaceAll(".", "\\.")}$`) },
      /** @param {string} code */
      handler(code) {
        if (!code.includes(place)) throw new Error(`${starter} starts its thread in another way now`);
        return code.replace(place, `new URL(${JSON.stringify(url)})`);
      },
    },
  };
}
