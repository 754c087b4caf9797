import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { signedCall } from "../../../../tests/support/local-cloud/signed-call.ts";
import { type RecordingIo, recordingIo } from "../../../../tests/support/terminal/recording-io.ts";
import { type LocalCloud, startLocalCloud } from "../../../local-cloud/start-local-cloud.ts";
import { trace } from "./trace.ts";

describe("local-cloud trace", () => {
  let folder: string;
  let cloud: LocalCloud;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "trace-"));
    cloud = await startLocalCloud({ stateFolder: join(folder, "state"), blocks: "memory" });
  });
  afterEach(async () => {
    await cloud.close();
    await rm(folder, { recursive: true });
  });

  it.each<[string, (io: RecordingIo) => void]>([
    ["somebody stops it", (io) => io.send("SIGTERM")],
    ["nobody reads it any more", (io) => io.leave()],
    ["the cloud stops", () => void cloud.close()],
  ])("shows calls until %s, and ends well", async (_, end) => {
    const io = recordingIo();
    const tracing = trace.run({ argv: ["-state", join(folder, "state")], io, runPlugin: async () => 0 });
    const call = () => signedCall({ endpoint: cloud.endpoint, ...cloud.account("builder") }, "ReadVms");
    await expect.poll(async () => io.written.stdout || (await call())).toMatch(/ReadVms +builder +200 /);
    end(io);
    expect(await tracing).toBe(0);
  });
});
