import type { Redis } from "ioredis";
import { FleetError } from "../../common/errors.ts";
import { FleetQueue } from "../queue/fleet-queue.ts";
import { KEY_PREFIX, type Place, placeOf, queueOf } from "../queue/place.ts";
import type { Sealer } from "../seal/seal.ts";

/** What is known of where builds belong. */
export interface WantedPlace {
  readonly accountId: string | undefined;
  readonly region: string | undefined;
  readonly label: string | undefined;
}

/** Every queue that somebody has used. */
export async function listQueues(redis: Redis): Promise<readonly Place[]> {
  const names = await redis.smembers(`${KEY_PREFIX}:fleet:queues`);
  return names.sort().flatMap((name) => placeOf(name) ?? []);
}

/**
 * The queue that a build belongs to. What is not said is found out from the workers that are there, if only one answer is
 * possible.
 * @throws {FleetError} when it is not, with what there is
 */
export async function findPlace(wanted: WantedPlace, redis: Redis, sealer: Sealer): Promise<Place> {
  const { accountId, region, label } = wanted;
  if (accountId !== undefined && region !== undefined) return { accountId, region, label };
  const fitting: Place[] = [];
  for (const place of await listQueues(redis)) {
    const isWanted =
      place.label === label &&
      (accountId ?? place.accountId) === place.accountId &&
      (region ?? place.region) === place.region;
    if (isWanted && (await hasWorkers(place, redis, sealer))) fitting.push(place);
  }
  const [only, ...others] = fitting;
  if (only !== undefined && others.length === 0) return only;
  const where = [accountId, region, label && `with the label ${label}`].filter(Boolean).join(" ");
  if (only === undefined) {
    throw new FleetError(`No worker is there for these builds${where && `, which are for ${where}`}`, {
      hint: "start one: outscale-chroot worker -queue URL; or give -account and -region, and they wait for one",
    });
  }
  throw new FleetError(`Workers are there for several places: ${fitting.map(queueOf).join(", ")}`, {
    hint: "say which one is meant, by -account and -region",
  });
}

async function hasWorkers(place: Place, redis: Redis, sealer: Sealer): Promise<boolean> {
  await using queue = new FleetQueue(place, redis, sealer);
  return (await queue.readWorkers(Date.now())).length > 0;
}
