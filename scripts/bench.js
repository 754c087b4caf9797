// Bundles and runs measurements, as Node cannot run TypeScript by itself: `npm run bench`, or `npm run bench transfer`.
// All are those that have a goal; what only shows figures, and the fuzzers, which run for as long as one likes, have names alone.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { build } from "rolldown";

const [wanted, ...rest] = process.argv.slice(2);
const names = wanted ? [wanted] : measures();
const dir = "node_modules/.cache/bench";

for (const name of names) {
  if (!existsSync(`bench/${name}.ts`)) {
    console.error(`There is no bench/${name}.ts`);
    process.exit(2);
  }
  // A folder is copied in a thread of its own, whose file has to lie beside the code that starts it.
  await build({
    input: {
      [name]: `bench/${name}.ts`,
      "tree-worker": "src/chroot/tree-worker.ts",
      "scan-worker": "src/evidence/scan-worker.ts",
    },
    platform: "node",
    transform: { target: "es2022" },
    logLevel: "warn",
    output: { dir, format: "esm", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
  });
  const { status } = spawnSync(process.execPath, [`${dir}/${name}.js`, ...rest], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

function measures() {
  const files = readdirSync("bench").filter((file) => file.endsWith(".ts"));
  const withGoal = files.filter((file) => /^import .*\btell\b.* from/m.test(readFileSync(`bench/${file}`, "utf8")));
  return withGoal.map((file) => file.slice(0, -".ts".length));
}
