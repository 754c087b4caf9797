import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { requirePrograms } from "../support/requirements.ts";
import { bundle, Cleanup, run, tempFolder } from "./chroot-fixtures.ts";

const describe = requirePrograms("chroot");
const cleanup = new Cleanup();
afterEach(() => cleanup.run());

describe("ImageRoot.readText()", () => {
  it("does not wait for ever for what the image calls its fstab", async () => {
    const folder = await tempFolder(cleanup);
    symlinkSync("/proc/kmsg", join(folder, "fstab"));
    await bundle({ "in-root": "src/chroot/in-root.ts" }, folder);
    // In a process of its own: what hangs there hangs no test run.
    const script = `import { ImageRoot } from "${folder}/in-root.js";
      process.stdout.write(JSON.stringify(new ImageRoot("/").readText("${folder}/fstab")));`;
    const argv = ["--input-type=module", "--eval", script];
    const { stdout } = await run(process.execPath, argv, { timeout: 20_000, killSignal: "SIGKILL" });
    expect(stdout).toBe('""');
  }, 30_000);
});
