import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalCloud } from "../src/local-cloud/start-local-cloud.ts";
import { createApi } from "../src/outscale/client.ts";
import { resolveAccess } from "../src/outscale/credentials.ts";
import { unlimited } from "../src/outscale/rate-limiter.ts";
import { inTurn, milliseconds, tell, timeMs } from "./lib/measure.ts";

// Reads of the local cloud among 10,000 volumes with a tag each: by an index, or by looking at all of them.
//
//   npm run bench cloud-reads

const VOLUMES = 10_000;
const AT_A_TIME = 25;
const ROUNDS = 15;

const folder = await mkdtemp(join(tmpdir(), "bench-cloud-"));
const cloud = await startLocalCloud({
  stateFolder: folder,
  blocks: "memory",
  quotas: { volume_limit: 0, volume_size_limit: 0 }, // none
});
try {
  const { access } = await resolveAccess({ template: {}, env: cloud.environment });
  await using api = createApi({ access, env: {}, limiter: unlimited });
  const { Vms } = await api.readVms({});
  const SubregionName = Vms[0]?.Placement?.SubregionName ?? "";
  const ids: string[] = [];
  for (let made = 0; made < VOLUMES; made += AT_A_TIME) {
    const batch = await Promise.all(
      Array.from({ length: AT_A_TIME }, () => api.createVolume({ SubregionName, Size: 1 })),
    );
    const batchIds = batch.map(({ Volume }) => Volume.VolumeId);
    await api.createTags({ ResourceIds: batchIds, Tags: [{ Key: "bench", Value: String(made) }] });
    ids.push(...batchIds);
  }
  await cloud.idle();
  const one = ids[VOLUMES / 2] ?? "";
  const [tags, volumes] = await inTurn(
    [
      {
        name: "ReadTags",
        run: () => timeMs(() => api.readTags({ Filters: { ResourceIds: [one] } })),
      },
      {
        name: "ReadVolumes",
        run: () => timeMs(() => api.readVolumes({ Filters: { VolumeIds: [one] } })),
      },
    ],
    ROUNDS,
  );
  if (tags === undefined || volumes === undefined) throw new Error("Nothing was measured");
  const details = `ReadTags ${milliseconds(tags)}; ReadVolumes ${milliseconds(volumes)}`;
  const measure = "ReadTags of one of 10,000 objects";
  tell({ measure, value: tags.median / volumes.median, atMost: 1.5, unit: " x ReadVolumes", details });
} finally {
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
}
