import { existsSync } from "node:fs";
import type { Ui } from "../../builder/ui.ts";
import { throwIfCancelled } from "../../common/errors.ts";
import { type DebugLog, noLog } from "../../common/log.ts";
import { engineSettings } from "../../config/engine-settings.ts";
import type { RawConfig } from "../../definition/raw-value.ts";
import type { ImageDiff } from "../../evidence/image-diff.ts";
import { ImageScans } from "../../evidence/image-scans.ts";
import { requireRoot } from "../../host/require-root.ts";
import { defaultCloudFolder, openLocalSession } from "../local-session.ts";
import { openAccount } from "../open-account.ts";
import { diskImage } from "./disk-image.ts";
import { findImage } from "./find-image.ts";
import type { MountedImage, WithImage } from "./mounted-image.ts";
import { omiImage } from "./omi-image.ts";

export interface DiffImagesInput {
  /** Each the id or name of an OMI, or the path of a disk file. */
  readonly images: readonly [before: string, after: string];
  /** A profile with the credentials of the OMIs' account. */
  readonly profile?: string | undefined;
  /** OMIs of the embedded local cloud, at its usual place or in another folder. */
  readonly local?: true | { readonly stateFolder: string } | undefined;
  readonly ui: Ui;
  readonly signal?: AbortSignal | undefined;
  /** Shortens the clean-up. */
  readonly hurry?: AbortSignal | undefined;
  readonly log?: DebugLog | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

const never = new AbortController().signal;

/**
 * Mounts two images read-only, and tells what differs. Nothing of them is run.
 * @throws {UsageError} when one of them cannot be found, or without root
 * @throws {ChrootError} when one cannot be mounted; everything is taken down again
 */
export async function diffImages(input: DiffImagesInput): Promise<ImageDiff> {
  requireRoot("Looking into images needs root: it mounts disks");
  const { images, signal = never, local, log = noLog, env = process.env } = input;
  const needsCloud = images.some((image) => !isDisk(image));
  const stateFolder = local === true ? defaultCloudFolder(env) : local?.stateFolder;
  await using cloud =
    needsCloud && stateFolder !== undefined ? await openLocalSession(env, stateFolder, log) : undefined;
  const access: RawConfig = cloud?.options ?? (input.profile === undefined ? {} : { profile: input.profile });
  const find = (image: string) => openerOf(image, { ...input, env: cloud?.env ?? env, access, stateFolder });
  // Both are found before one is mounted: nobody would take that down when the other is not there.
  const openers = [await find(images[0]), await find(images[1])] as const;
  const held = openers.map((open) => new HeldImage(open));
  try {
    const [before, after] = await Promise.all(held.map((image) => image.ready));
    throwIfCancelled(signal);
    return await compare(before as MountedImage, after as MountedImage, signal);
  } finally {
    await releaseAll(held);
  }
}

/** What has a slash in it, or is there, is a file: no OMI's id is one, and a name that is both can be given as `./NAME`. */
function isDisk(image: string): boolean {
  return !/^ami-[0-9a-f]+$/.test(image) && (image.includes("/") || existsSync(image));
}

interface OpenerInput extends DiffImagesInput {
  readonly env: NodeJS.ProcessEnv;
  readonly access: RawConfig;
  readonly stateFolder: string | undefined;
}

async function openerOf(image: string, input: OpenerInput): Promise<WithImage> {
  const { ui, env, log = noLog, signal = never, hurry = never, access, stateFolder: localCloud, profile } = input;
  if (isDisk(image)) {
    const { stateFolder } = engineSettings(env);
    return diskImage(image, { log, stateFolder, onWarning: (message) => ui.warn(message) });
  }
  await using account = await openAccount(profile === undefined ? {} : { profile }, { env, log });
  return omiImage(await findImage(account, image, { signal }), { ui, signal, hurry, log, env, localCloud, access });
}

async function compare(before: MountedImage, after: MountedImage, signal: AbortSignal): Promise<ImageDiff> {
  await using scans = new ImageScans({ signal });
  await scans.scan("before", { ...before, files: true });
  await scans.scan("after", { ...after, files: true });
  return await scans.compare({ names: [before.name, after.name], areBothThere: true });
}

/** An image that stays mounted until it is let go of. */
class HeldImage {
  /** Rejects when it cannot be mounted. */
  readonly ready: Promise<MountedImage>;
  readonly #ended: Promise<void>;
  #letGo: () => void = () => undefined;

  constructor(open: WithImage) {
    const released = new Promise<void>((resolve) => {
      this.#letGo = resolve;
    });
    let mounted: (image: MountedImage) => void = () => undefined;
    const isMounted = new Promise<MountedImage>((resolve) => {
      mounted = resolve;
    });
    this.#ended = open(async (image) => {
      mounted(image);
      await released;
    });
    const neverWas = this.#ended.then(() => {
      throw new Error("The image was never mounted");
    });
    this.ready = Promise.race([isMounted, neverWas]);
    for (const promise of [this.ready, this.#ended]) promise.catch(() => undefined);
  }

  async release(): Promise<void> {
    this.#letGo();
    await this.#ended;
  }
}

/** @throws whatever went wrong with one, when all are taken down */
async function releaseAll(held: readonly HeldImage[]): Promise<void> {
  const results = await Promise.allSettled(held.map((image) => image.release()));
  const failure = results.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}
