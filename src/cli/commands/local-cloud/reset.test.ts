import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { recordingIo } from "../../../../tests/support/terminal/recording-io.ts";
import { startLocalCloud } from "../../../local-cloud/start-local-cloud.ts";
import { reset } from "./reset.ts";

it("local-cloud reset -region empties the region that it names, and no other", async () => {
  const folder = await mkdtemp(join(tmpdir(), "reset-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const regions = ["eu-west-2", "us-east-2"];
  await using cloud = await startLocalCloud({ stateFolder: join(folder, "state"), blocks: "memory", regions });
  const before = cloud.regions.map(({ vmId }) => vmId);
  const run = (region: string) =>
    reset.run({
      argv: ["-state", join(folder, "state"), "-region", region],
      io: recordingIo(),
      runPlugin: async () => 0,
    });
  await expect(run("eu-west-2")).rejects.toThrow("cannot be emptied alone: us-east-2 would go with it");
  expect(cloud.regions.map(({ vmId }) => vmId)).toEqual(before);
  expect(await run("us-east-2")).toBe(0);
  const [west, east] = cloud.regions.map(({ vmId }) => vmId);
  expect([west === before[0], east === before[1]]).toEqual([true, false]);
});
