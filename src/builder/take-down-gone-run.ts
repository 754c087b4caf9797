import type { Clock } from "../common/clock.ts";
import { LeftoverError, messageOf, throwIfCancelled } from "../common/errors.ts";
import type { DebugLog } from "../common/log.ts";
import { defaultWaiting } from "../config/default-waiting.ts";
import { hostRunner } from "../host/run-command.ts";
import type { Access } from "../outscale/access.ts";
import type { Api } from "../outscale/api.ts";
import { createWaiters } from "../outscale/waiters.ts";
import type { OpenResource, RunRecord } from "./journal/read-journal.ts";
import { readMade } from "./made.ts";
import type { Place } from "./region-copy/place.ts";
import { accessToPlace } from "./region-copy/place-access.ts";
import type { RegionClouds } from "./region-copy/region-clouds.ts";
import { regionImageKind } from "./region-copy/region-kinds.ts";
import { regionsOf } from "./region-copy/regions-of-run.ts";
import { releaseDeadline } from "./release-deadline.ts";
import type { ReleaseContext } from "./resource-kind.ts";
import { imageKind } from "./resources/image.ts";
import { RUN_TAG_KEY } from "./run-tag-key.ts";
import { RunsOnError } from "./runs-on-error.ts";
import type { Ui } from "./ui.ts";
import { unfinished } from "./unfinished.ts";
import { untagProduct } from "./untag-product.ts";

export interface GoneRunOptions {
  /** Of the account and region of the run. */
  readonly api: Api;
  readonly access: Access;
  /** Where credentials for other regions come from. */
  readonly env: NodeJS.ProcessEnv;
  readonly stateFolder: string;
  readonly ui: Ui;
  readonly log: DebugLog;
  readonly clock: Clock;
  /** Asked before each thing is taken down. @throws when it is not for us any more */
  readonly mayGoOn: () => Promise<void>;
  /** Once it has fired, what is under way has a minute, and the rest is for whoever looks next. */
  readonly signal: AbortSignal;
}

/**
 * Takes down, from a copy of its journal, what a run has left in the account whose VM is gone for good. What was on that VM
 * is gone with it. A product stays, and loses the tag of its run.
 * @throws {LeftoverError} at the end, when something could not be taken down; the rest was all the same. A {@link RunsOnError}
 * when all that is left is what an export still writes: it has to be done again later
 * @throws {CancelledError} when it is stopped
 */
export async function takeDownGoneRun(record: RunRecord, options: GoneRunOptions): Promise<void> {
  const { ui, env, mayGoOn, signal } = options;
  const accessTo = (place: Place) => accessToPlace(place, env, (notice) => ui.warn(notice));
  await using regions = regionsOf(record.header, { ...options, accessTo }, options);
  const context = contextOf(record, { ...options, regions });
  const failures: string[] = [];
  const later: string[] = [];
  for (const resource of record.resources.filter(({ recorded }) => !recorded.isOfMachine).reverse()) {
    throwIfCancelled(signal);
    await mayGoOn();
    try {
      await release(context, resource, record.writtenAt);
    } catch (error) {
      // It had no time.
      throwIfCancelled(signal);
      if (error instanceof RunsOnError) {
        ui.message(`${messageOf(error)}: left for later`);
        later.push(messageOf(error));
      } else {
        ui.error(messageOf(error));
        failures.push(messageOf(error));
      }
    }
  }
  if (record.product !== undefined) await untagProduct(context, record.product);
  const left = [...failures, ...later];
  if (left.length === 0) return;
  const message = `Not everything of run ${record.header.runId} could be taken down: ${left.join("; ")}`;
  if (failures.length === 0) throw new RunsOnError(message, { leftovers: left });
  throw new LeftoverError(message, { leftovers: left, hint: "Look at what is named, and remove it by hand" });
}

function contextOf(
  { header }: RunRecord,
  { api, regions, ui, log, clock, signal }: GoneRunOptions & { readonly regions: RegionClouds },
): ReleaseContext {
  const { runId, accountId, deviceFolder } = header;
  const waiters = createWaiters({ api, clock, log, ...defaultWaiting });
  return {
    ...{ api, regions, ui, log, clock, waiters, runId, accountId, deviceFolder },
    host: hostRunner(log),
    signal,
    hurry: signal,
    isUnattended: true,
  };
}

async function release(context: ReleaseContext, resource: OpenResource, madeAt: number): Promise<void> {
  const { recorded } = resource;
  using deadline = releaseDeadline(context.hurry);
  const timed = { ...context, signal: deadline.signal };
  const made = { what: unfinished(resource.kind), madeAt };
  const id = resource.id ?? (await readMade(timed, made, () => recorded.find(timed)));
  if (id === undefined) return;
  await refuseProduct(timed, resource, id);
  context.ui?.message(`${recorded.label(id)}...`);
  await recorded.releaseOfGoneVm(timed, id, madeAt);
}

/**
 * The copy may be older than what its run came to: it comes over a queue that others may have set back. An OMI without the
 * run's tag may be a product by now, or a copy of one in another region.
 * @throws {LeftoverError} when it is
 */
async function refuseProduct(context: ReleaseContext, resource: OpenResource, imageId: string): Promise<void> {
  const { runId, signal } = context;
  const cloud = await cloudOfImage(context, resource);
  if (cloud === undefined) return;
  const { Images } = await cloud.api.readImages({ Filters: { ImageIds: [imageId] } }, { signal });
  const image = Images.find(({ ImageId }) => ImageId === imageId);
  if (image === undefined || image.Tags.some(({ Key, Value }) => Key === RUN_TAG_KEY && Value === runId)) return;
  const message = `The OMI ${imageId} (${image.ImageName}) has no tag of run ${runId}: it may be whole, and is kept`;
  throw new LeftoverError(message, { leftovers: [`OMI ${imageId}`], resourceId: imageId });
}

/** Where an OMI is that has a published name; undefined for everything else. */
async function cloudOfImage(
  context: ReleaseContext,
  { kind, intent }: OpenResource,
): Promise<Pick<ReleaseContext, "api"> | undefined> {
  if (kind === imageKind.name) return context;
  if (kind !== regionImageKind.name) return undefined;
  return context.regions.at(regionImageKind.intent.parse(intent).place);
}
