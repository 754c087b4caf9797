import { expect, it } from "vitest";
import { startServer } from "../../../../tests/support/outscale/start-server.ts";
import { recordingIo } from "../../../../tests/support/terminal/recording-io.ts";
import { pruneAction } from "./prune.ts";

it("omi prune without -yes ends at Ctrl-C, and speaks of no removal and no clean-up", async () => {
  const io = recordingIo({ env: {} });
  await using silent = await startServer(() => io.send("SIGINT"));
  Object.assign(io.env, {
    OSC_ACCESS_KEY: "ABCDEFGHIJKLMNOPQRST",
    OSC_SECRET_KEY: "SECRETKEYOFTHETEST",
    OSC_ENDPOINT_API: `http://127.0.0.1:${silent.port}/api/v1`,
  });
  const pruning = pruneAction.run({ argv: ["-name", "web-*", "-keep", "3"], io, runPlugin: async () => 0 });
  await expect(pruning).rejects.toMatchObject({ message: "The dry run was stopped by SIGINT", exitCode: 130 });
  expect(io.written).toEqual({ stdout: "", stderr: "" });
});
