// Makes dist/. Run by `npm run build`, in the folder of the project.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "rolldown";
import { escaped } from "./ascii-only.js";
import { bundlePlugin } from "./bundle-plugin.js";
import { leanUndici } from "./lean-undici.js";
import { optionalXml } from "./optional-xml.js";
import { licenceTexts, packagesOf } from "./third-party.js";

const require = createRequire(import.meta.url);
const { dependencies } = JSON.parse(readFileSync("package.json", "utf8"));

// What is done in threads of their own: their files have to lie beside the code that starts them.
const threads = {
  "tree-worker": "src/chroot/tree-worker.ts",
  "scan-worker": "src/evidence/scan-worker.ts",
  "hygiene-worker": "src/hygiene/hygiene-worker.ts",
};
// Comments for readers of the sources would be a third of what is read at a start.
const comments = { legal: true, annotation: false, jsdoc: false };
const output = { comments, format: "esm", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" };

rmSync("dist", { recursive: true, force: true });

// Node 20 has no `using`.
const common = { platform: "node", transform: { target: "es2022" }, logLevel: "warn", external: [optionalXml] };

// What is done in processes of their own.
const processes = { "fleet-job": "src/fleet/worker/job-main.ts" };

// The command line, with its dependencies and a chunk per command: it starts without looking for packages. Node loads
// CommonJS faster, and what V8 made of it can be kept: src/start.ts does, and knows a chunk by its name.
const program = await build({
  ...common,
  input: { main: "src/main.ts", ...threads, ...processes },
  plugins: [leanUndici],
  output: {
    ...output,
    dir: "dist/cli",
    format: "cjs",
    entryFileNames: ({ name }) => (name === "main" ? "[name]-[hash].js" : "[name].js"),
  },
});
writeFileSync("dist/cli/package.json", '{ "type": "commonjs" }\n');
for (const chunk of program.output) {
  if (chunk.type === "chunk") writeFileSync(join("dist/cli", chunk.fileName), escaped(chunk.code));
}
writeLicences(program, "dist/cli");

const main = program.output.find((chunk) => chunk.type === "chunk" && chunk.name === "main");
await build({
  ...common,
  input: { start: "src/start.ts" },
  transform: { ...common.transform, define: { PROGRAM: JSON.stringify(main?.fileName) } },
  output: { ...output, dir: "dist/cli", format: "cjs" },
});

// The library, with its dependencies outside: a program that uses it may have them already.
const library = await build({
  ...common,
  input: { index: "src/index.ts", ...threads },
  external: Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`)),
  // What the command line loads when it is needed, a program with the library in it has loaded already.
  checks: { ineffectiveDynamicImport: false },
  output: { ...output, dir: "dist/lib" },
});
writeLicences(library, "dist/lib");

// The Packer plugin, which `outscale-chroot plugin install` puts where Packer looks.
await bundlePlugin("dist/packer-plugin/outscale-chroot");

// Man page and completions, made of the commands themselves.
const extras = "node_modules/.cache/package-extras.mjs";
await build({
  ...common,
  input: "scripts/package-extras.ts",
  output: { format: "esm", file: extras, codeSplitting: false },
});
await import(pathToFileURL(extras).href);

const tsc = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
const types = spawnSync(process.execPath, [tsc, "--project", "tsconfig.build.json"], { stdio: "inherit" });
process.exitCode = types.status ?? 1;

/**
 * @param {import("rolldown").RolldownOutput} bundle
 * @param {string} folder
 */
function writeLicences({ output: chunks }, folder) {
  const modules = chunks.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
  const packages = packagesOf(modules);
  if (packages.length > 0) writeFileSync(join(folder, "THIRD-PARTY-LICENCES.txt"), licenceTexts(packages));
}
