import { readFile } from "node:fs/promises";
import type { RunRecord } from "../../../src/builder/journal/read-journal.ts";
import { FleetQueue } from "../../../src/fleet/queue/fleet-queue.ts";
import { listJournals, readJournals, recordOfCopy } from "../../../src/fleet/queue/journal-mirror.ts";
import { parseKeys } from "../../../src/fleet/seal/fleet-key.ts";
import { Sealer } from "../../../src/fleet/seal/seal.ts";
import type { FleetBench } from "./fleet-bench.ts";

/** What the queue knows of the one run that is under way: all that another worker has to go by when its VM is gone. */
export async function keptRecord({ bakery, fleet }: FleetBench): Promise<RunRecord | undefined> {
  const keys = parseKeys(await readFile(fleet.keyFile, "utf8"), "a test");
  const accountId = bakery.cloud.account("builder").id;
  const place = { accountId, region: "eu-west-2", label: undefined };
  await using queue = new FleetQueue(place, fleet.redis, new Sealer(keys, Date.now));
  const [found] = await readJournals(queue, await listJournals(queue));
  return found && recordOfCopy(found, accountId, Date.now());
}
