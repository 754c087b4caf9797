import { join } from "node:path";
import { build } from "rolldown";

/**
 * Bundles the program into a folder, as it is now: a test that needs a process of its own need not wait for the build.
 * @returns the file that Node runs
 */
export async function bundleProgram(folder: string): Promise<string> {
  await build({
    input: {
      main: "src/main.ts",
      "tree-worker": "src/chroot/tree-worker.ts",
      "scan-worker": "src/evidence/scan-worker.ts",
      "fleet-job": "src/fleet/worker/job-main.ts",
    },
    platform: "node",
    transform: { target: "es2022" },
    logLevel: "silent",
    output: { dir: folder, format: "esm", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
  });
  return join(folder, "main.js");
}
