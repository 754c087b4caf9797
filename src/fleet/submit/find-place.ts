import type { Redis } from "ioredis";
import { FleetError, UsageError } from "../../common/errors.ts";
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
 * @throws {UsageError} when there can be no such place
 */
export async function findPlace(wanted: WantedPlace, redis: Redis, sealer: Sealer): Promise<Place> {
  const { accountId, region, label } = wanted;
  checkPlace(wanted);
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
  const place = [accountId, region].filter(Boolean).join(" ");
  const where = [place && `for ${place}`, label && `with the label ${label}`].filter(Boolean).join(" and ");
  if (only === undefined) {
    throw new FleetError(`No worker is there for these builds${where && `, which are ${where}`}`, {
      hint: "start one: outscale-chroot worker -queue URL; or give -account and -region, and they wait for one",
    });
  }
  throw new FleetError(`Workers are there for several places: ${fitting.map(queueOf).join(", ")}`, {
    hint: "say which one is meant, by -account and -region",
  });
}

/** A queue of another name would be seen by nobody. */
function checkPlace({ accountId = "0", region = "eu" }: WantedPlace): void {
  const place = placeOf(queueOf({ accountId, region, label: undefined }));
  if (place?.accountId === accountId && place.region === region) return;
  throw new UsageError(`There is no account "${accountId}" with a region "${region}"`, {
    hint: "an account has digits alone, as in -account 123456789012, and a region is such as eu-west-2",
  });
}

async function hasWorkers(place: Place, redis: Redis, sealer: Sealer): Promise<boolean> {
  await using queue = new FleetQueue(place, redis, sealer);
  return !(await isWithoutWorkers(queue));
}

/** Whether nobody is there who could do a build just now. */
export async function isWithoutWorkers(queue: FleetQueue): Promise<boolean> {
  return (await queue.readWorkers(Date.now())).length === 0;
}
