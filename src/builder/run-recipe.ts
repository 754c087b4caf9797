import type { Image } from "../outscale/oapi.ts";
import { takeBootFiles } from "./boot-files.ts";
import type { Build } from "./build.ts";
import { checkRequests } from "./check-requests.ts";
import { type CopiedProduct, copyToRegions, findWay, findWayOf } from "./copy-to-regions.ts";
import { generatedData, sourceData } from "./generated-data.ts";
import type { GeneratedData } from "./hook.ts";
import { inspectImage } from "./inspect-image.ts";
import { linkUnderLock } from "./link-under-lock.ts";
import { openImage } from "./open-image.ts";
import type { ProductMark } from "./product-tags.ts";
import { type Product, publishOmi, reuseOmi } from "./publish-omi.ts";
import { renderOmiName } from "./render-omi-name.ts";
import { checkBootFiles } from "./steps/boot-check.ts";
import { testBoot } from "./steps/boot-test.ts";
import { checkRootDevice, type SourceOmi } from "./steps/check-root-device.ts";
import { provision } from "./steps/chroot-provision.ts";
import { copyFiles } from "./steps/copy-files.ts";
import { copySourceOmi, type UsableSource } from "./steps/copy-source-omi.ts";
import { type CreateVolumeInput, createVolume, type RootVolume } from "./steps/create-volume.ts";
import { cleanUpEarly } from "./steps/early-cleanup.ts";
import { generaliseImage } from "./steps/generalise.ts";
import { checkImagePolicy, listSetIdsBefore } from "./steps/image-check.ts";
import { mountDevice } from "./steps/mount-device.ts";
import { mountExtra } from "./steps/mount-extra.ts";
import { runPostMountCommands } from "./steps/post-mount-commands.ts";
import { runPreMountCommands } from "./steps/pre-mount-commands.ts";
import { preValidate } from "./steps/pre-validate.ts";
import { skipUnchanged } from "./steps/skip-unchanged.ts";
import { createSnapshot } from "./steps/snapshot.ts";
import { findSourceOmi, searchSource } from "./steps/source-omi-info.ts";
import { takeOverRun } from "./steps/take-over-run.ts";
import { takeOverVolume } from "./steps/take-over-volume.ts";
import { type BuilderVm, readVm } from "./steps/vm-info.ts";

/** What a build ends with: the registered OMI, if it was to be registered, and what it tells post-processors. */
export interface BuildResult {
  readonly product: Product | undefined;
  readonly data: GeneratedData;
  /** The product stands, but not everywhere. */
  readonly failure?: unknown;
}

/**
 * The recipe. Nothing is created before everything that can be known is checked; nothing is published before it is
 * finished; and whatever happens, each scope takes down what it holds.
 */
export async function runRecipe(build: Build): Promise<BuildResult> {
  const { config, keptVolume, runId } = build;
  const search = searchAhead(build);
  const vm = await readVm(build);
  const original = config.fromScratch ? undefined : await findSource(build, search);
  // A run that goes on may be made of more than one state of its inputs: it is neither skipped nor marked.
  const unchanged =
    config.skipUnchanged && !build.resumed ? await skipUnchanged(build, { source: original?.image }) : undefined;
  if (unchanged?.image !== undefined) {
    return {
      ...(await reuseProduct(build, unchanged.image, unchanged.mark)),
      data: sourceData(build, original?.image),
    };
  }
  const omiName = renderOmiName(build, original?.image);
  checkRequests(config, original);
  if (build.resumed) await takeOverRun(build, { vm, original, resumed: build.resumed });
  const replaced = await preValidate(build, { omiName });
  const regions = await findWay(build, { omiName, source: original });

  await using temporary = build.scope("temporary", { onFailure: "warn" }); // copy and volume: always deleted
  await using undo = build.scope("undo", { onFailure: "warn" }); // snapshots and OMIs: deleted when the build fails
  const source = original && (await copySourceOmi(build, { source: original, temporary, undo }));
  const volume = await obtainVolume(build, { vm, source, temporary });
  try {
    await source?.releaseCopy();
    const data = await fillVolume(build, { vm, volume, source, original: original?.image });
    if (config.skipCreateOmi) {
      build.ui.say("No snapshot and no OMI is made, as skip_create_omi is set");
      return { product: undefined, data };
    }
    const snapshotId = await createSnapshot(build, { volume, source, omiName, undo });
    const published = new AbortController();
    const clear = () => temporary.releaseUntil(published.signal);
    // The volume goes while the OMI is registered, unless it is to stay if that fails.
    const cleared = keptVolume.mayStay ? undefined : clear();
    try {
      const parts = { volume, snapshotId, source };
      const mark = unchanged?.mark;
      const product = await publishOmi(build, { omiName, parts, replaced, undo, mark });
      // Nobody could look later at a cloud that ends with this program.
      if (build.localCloud === undefined) published.abort();
      await (cleared ?? clear());
      return { ...(await copyToRegions(build, { product, regions, mark })), data };
    } finally {
      await cleared;
    }
  } catch (error) {
    if (keptVolume.staysAfter(error, build.signal))
      keptVolume.leave(temporary, build.ui, { runId, volumeId: volume.id });
    throw error;
  }
}

/** An OMI that was made before; only its copies may be missing. */
async function reuseProduct(build: Build, image: Image, mark: ProductMark): Promise<CopiedProduct> {
  const product = await reuseOmi(build, image);
  return copyToRegions(build, { product, mark, regions: await findWayOf(build, image, mark) });
}

/** A new volume or, in a run that is resumed, the one that it has. */
function obtainVolume(build: Build, input: CreateVolumeInput): Promise<RootVolume> {
  const { resumed } = build;
  return resumed === undefined
    ? createVolume(build, input)
    : takeOverVolume(build, { temporary: input.temporary, resumed });
}

/** The source is searched for while this VM is read. Who is asked may have the step tried again, which searches anew. */
function searchAhead(build: Build): Promise<Image> | undefined {
  if (build.config.fromScratch || build.config.packerOnError === "ask") return undefined;
  const search = searchSource(build);
  search.catch(() => undefined); // the step that waits for it tells
  return search;
}

async function findSource(build: Build, search: Promise<Image> | undefined): Promise<SourceOmi> {
  const source = await checkRootDevice(build, { image: await findSourceOmi(build, { search }) });
  const { ImageId: imageId, ImageName: imageName, AccountId: accountId, CreationDate: createdAt } = source.image;
  build.emit({ type: "source", imageId, imageName, accountId, createdAt, snapshotId: source.rootSnapshotId });
  return source;
}

interface FillVolumeInput {
  readonly vm: BuilderVm;
  readonly volume: RootVolume;
  readonly source: UsableSource | undefined;
  /** The source as the user named it: `source` may be a temporary copy. */
  readonly original: Image | undefined;
}

/** Everything that needs the volume linked to this VM. On return it is unmounted, not in use, and unlinked. */
async function fillVolume(build: Build, { vm, volume, source, original }: FillVolumeInput): Promise<GeneratedData> {
  await using linked = build.scope("linked", { onFailure: "throw" });
  try {
    const device = await linkUnderLock(build, { vm, volume, linked });
    await using mounted = build.scope("mounted", { onFailure: "throw" }); // a mount left behind stops us here
    const image = await openImage(build, { device, linked, mounted });
    await runPreMountCommands(build, image);
    const data = generatedData(build, { volume, original, image });

    const root = await mountDevice(build, { image, volume, source, mounted });
    const rootOnly = mounted.size;
    await runPostMountCommands(build, image);
    const { scriptFolder } = await mountExtra(build, { image, root, mounted });
    await copyFiles(build, { image, mounted });
    await inspectImage(build, "mounted", { image, root });
    const setIdsBefore = await listSetIdsBefore(build, { image, root });
    await provision(build, { image, root, data, mounted, scriptFolder });
    await generaliseImage(build, { image, root });
    await inspectImage(build, "provisioned", { image, root });
    await checkImagePolicy(build, { image, root, setIdsBefore });
    await checkBootFiles(build, { image, root });
    const bootFiles = await takeBootFiles(build, { image, linked });
    await cleanUpEarly(build, { mounted, image, root, rootOnly });
    await testBoot(build, { image, root, source, linked, bootFiles });
    return data;
  } catch (error) {
    if (build.keptVolume.staysAfter(error, build.signal)) build.keptVolume.leaveLink(linked);
    throw error;
  }
}
