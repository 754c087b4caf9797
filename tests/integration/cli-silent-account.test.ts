import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeKeyText } from "../../src/fleet/seal/fleet-key.ts";
import { runProgram } from "../../src/run-program.ts";
import { startServer } from "../support/outscale/start-server.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { recordingIo } from "../support/terminal/recording-io.ts";

const describe = requireRoot();

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "silent-account-"));
  writeFileSync(join(folder, "fleet.key"), makeKeyText(), { mode: 0o600 });
});
afterAll(() => rmSync(folder, { recursive: true }));

// Who listens to signals has to pass them on: nobody else ends it then.
describe("a command that waits for an account that does not answer", () => {
  it.each<[string, number, readonly string[]]>([
    ["omi prune", 130, ["-name", "web-*", "-keep", "3"]],
    ["omi prune", 130, ["-name", "web-*", "-keep", "3", "-yes"]],
    ["omi copy", 130, ["-to", "us-east-2", "-bucket", "images", "web"]],
    ["omi export", 130, ["-bucket", "images", "web"]],
    ["omi import", 130, ["-name", "web", "https://images.example.com/manifest.xml"]],
    ["diff", 130, ["ami-12345678", "ami-87654321"]],
    // It is drained: it has no builds.
    ["worker", 0, ["-queue", "unix:/nowhere", "-key", "fleet.key"]],
  ])("%s ends with %d when it is stopped", async (command, code, argv) => {
    const io = recordingIo();
    await using silent = await startServer(() => io.send("SIGTERM"));
    Object.assign(io.env, {
      ...{ OSC_ACCESS_KEY: "ABCDEFGHIJKLMNOPQRST", OSC_SECRET_KEY: "SECRETKEYOFTHETEST", OSC_REGION: "eu-west-2" },
      ...{ OSC_ENDPOINT_API: `http://127.0.0.1:${silent.port}/api/v1`, OUTSCALE_CHROOT_STATE: join(folder, "state") },
    });
    const words = argv.map((word) => (word === "fleet.key" ? join(folder, word) : word));
    expect(await runProgram([...command.split(" "), ...words], io), io.written.stderr).toBe(code);
  });
});
