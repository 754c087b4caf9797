import { mkdir, mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { OmiArtifact } from "../../../src/builder/artifact.ts";
import { Builder } from "../../../src/builder/builder.ts";
import { type CleanedRun, type CleanUpOptions, cleanUpRuns } from "../../../src/builder/clean-up-runs.ts";
import type { BuildEvent } from "../../../src/builder/events.ts";
import type { Hook } from "../../../src/builder/hook.ts";
import type { ImageInspector } from "../../../src/builder/image-inspector.ts";
import type { ProductInputs } from "../../../src/builder/product-inputs.ts";
import { accessToPlace } from "../../../src/builder/region-copy/place-access.ts";
import type { Clock } from "../../../src/common/clock.ts";
import type { DebugLog } from "../../../src/common/log.ts";
import type { RawConfig } from "../../../src/definition/raw-value.ts";
import { exportLocalImage, resetLocalCloud } from "../../../src/local-cloud/administer-cloud.ts";
import type { LocalCloudOptions } from "../../../src/local-cloud/options.ts";
import { type LocalCloud, startLocalCloud } from "../../../src/local-cloud/start-local-cloud.ts";
import type { Access } from "../../../src/outscale/access.ts";
import type { Api } from "../../../src/outscale/api.ts";
import { createApi } from "../../../src/outscale/client.ts";
import { resolveAccess } from "../../../src/outscale/credentials.ts";
import { unlimited } from "../../../src/outscale/rate-limiter.ts";
import { readLedger } from "../suite/ledger.ts";
import { RecordingUi } from "../terminal/recording-ui.ts";
import { hastyClock } from "./hasty-clock.ts";

/** A local cloud with a builder beside it: whole builds, real disks, in a folder of the test. */
export interface Bakery {
  readonly folder: string;
  readonly stateFolder: string;
  /** Where builds that run as processes of their own put temporary files. */
  readonly temporaryFolder: string;
  readonly cloud: LocalCloud;
  readonly env: NodeJS.ProcessEnv;
  /** The builder's account, without limit or retries' patience. */
  readonly api: Api;
  bake(config: RawConfig, options?: BakeOptions): Promise<Baked>;
  cleanUp(
    options?: Partial<Pick<CleanUpOptions, "dryRun" | "runIds" | "clock" | "ui" | "connect">>,
  ): Promise<readonly CleanedRun[]>;
  /** Everything that a build could leave: in the account, on this host, in the journals. */
  leftovers(): Promise<Leftovers>;
  /** The journals of builds that ended while their volume was going: nothing is left, but somebody has to look. */
  deletions(): Promise<readonly string[]>;
  /** Writes an OMI's disk to a file of the folder. @returns its path */
  export(imageId: string): Promise<string>;
  close(): Promise<void>;
}

export interface BakeOptions {
  readonly hook?: Hook;
  readonly signal?: AbortSignal;
  readonly hurry?: AbortSignal;
  readonly onEvent?: (event: BuildEvent) => void;
  /** Told of what stands although the build fails. */
  readonly onStanding?: (artifact: OmiArtifact) => void;
  readonly inspector?: ImageInspector;
  readonly ui?: RecordingUi;
  readonly clock?: Clock;
  /** In place of the environment that leads to the cloud. */
  readonly env?: NodeJS.ProcessEnv;
  readonly log?: DebugLog;
  /** For `skip_unchanged`. */
  readonly inputs?: ProductInputs;
  /** False for a build that takes the cloud for one that goes on without it. */
  readonly isCloudEmbedded?: boolean;
}

export interface Baked {
  readonly artifact: OmiArtifact | undefined;
  readonly ui: RecordingUi;
  readonly events: readonly BuildEvent[];
}

export interface Leftovers {
  /** `ami-... NAME`, of the builder's account. */
  readonly images: readonly string[];
  readonly snapshots: readonly string[];
  readonly volumes: readonly string[];
  readonly mounts: readonly string[];
  readonly journals: readonly string[];
  readonly links: readonly string[];
  /** Of builds that ran as processes of their own. */
  readonly temporaries: readonly string[];
  readonly violations: readonly string[];
}

export const nothing: Leftovers = {
  images: [],
  snapshots: [],
  volumes: [],
  mounts: [],
  journals: [],
  links: [],
  temporaries: [],
  violations: [],
};

/** Provisions nothing. */
export const idleHook: Hook = { provision: async () => undefined };

/** The seeded public OMI, found as the original's example finds it; waits are short, so that tests are. */
export const publicSource: RawConfig = {
  source_omi_filter: { filters: { "image-name": "Debian-12-*" }, owners: ["Outscale"], most_recent: true },
  boot_check: "off",
  polling: { min: "5ms", max: "50ms" },
};

export async function openBakery(name: string, options: Partial<LocalCloudOptions> = {}): Promise<Bakery> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), `${name}-`)));
  const cloudFolder = join(folder, "cloud");
  const stateFolder = join(folder, "state");
  const temporaryFolder = join(folder, "tmp");
  await mkdir(temporaryFolder);
  const cloud = await startLocalCloud({ stateFolder: cloudFolder, ...options });
  const env = { ...cloud.environment, OUTSCALE_CHROOT_STATE: stateFolder };
  const { access } = await resolveAccess({ template: {}, env });
  const api = createApi({ access, env: {}, limiter: unlimited, ...(options.clock && { clock: options.clock }) });
  return {
    folder,
    stateFolder,
    temporaryFolder,
    cloud,
    env,
    api,
    bake: (config, bakeOptions) => bake(config, { env, cloudFolder }, bakeOptions ?? {}),
    // What no answer shows is looked for for minutes.
    cleanUp: (wanted) =>
      cleanUp({ stateFolder, access, env }, { ...(options.clock && { clock: options.clock }), ...wanted }),
    leftovers: () => readLeftovers({ folder, stateFolder, cloud, api }),
    deletions: () => names(join(stateFolder, "deletions")),
    export: async (imageId) => {
      const disk = join(folder, `${imageId}.raw`);
      await exportLocalImage(cloudFolder, { image: imageId, disk, format: "raw" });
      return disk;
    },
    close: async () => {
      await api[Symbol.asyncDispose]();
      await cloud.close();
      await resetLocalCloud(cloudFolder);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function bake(
  config: RawConfig,
  cloud: { readonly env: NodeJS.ProcessEnv; readonly cloudFolder: string },
  options: BakeOptions,
): Promise<Baked> {
  const { hook = idleHook, signal, hurry, onEvent, inspector, ui = new RecordingUi(), clock } = options;
  const { env = cloud.env, log, inputs } = options;
  const events: BuildEvent[] = [];
  const builder = new Builder({
    env,
    ...((options.isCloudEmbedded ?? true) && { localCloud: cloud.cloudFolder }),
    ...(clock && { clock }),
    ...(log && { log }),
  });
  // The default is one folder for all of this machine.
  builder.prepareRaw({ mount_path: join(dirname(cloud.cloudFolder), "mnt/{{.Device}}"), ...config });
  const artifact = await builder.run({
    ui,
    hook,
    inputs,
    ...(signal && { signal }),
    ...(hurry && { hurry }),
    ...(options.onStanding && { onStanding: options.onStanding }),
    inspector,
    onEvent: (event) => {
      events.push(event);
      onEvent?.(event);
    },
  });
  return { artifact, ui, events };
}

function cleanUp(
  {
    stateFolder,
    access,
    env,
  }: { readonly stateFolder: string; readonly access: Access; readonly env: NodeJS.ProcessEnv },
  {
    dryRun = false,
    runIds = [],
    clock = hastyClock(),
    ui = new RecordingUi(),
    connect = async () => ({ access, accessTo: (place) => accessToPlace(place, env), close: async () => undefined }),
  }: Partial<CleanUpOptions>,
): Promise<readonly CleanedRun[]> {
  return cleanUpRuns({ stateFolder, runIds, dryRun, clock, ui, connect, env: {} });
}

interface ReadLeftoversInput {
  readonly folder: string;
  readonly stateFolder: string;
  readonly cloud: LocalCloud;
  readonly api: Api;
}

async function readLeftovers({ folder, stateFolder, cloud, api }: ReadLeftoversInput): Promise<Leftovers> {
  const AccountIds = [cloud.account("builder").id];
  await cloud.idle(); // what it was asked to delete is not left
  const { Images } = await api.readImages({ Filters: { AccountIds } });
  const { Snapshots } = await api.readSnapshots({ Filters: { AccountIds } });
  const { Volumes } = await api.readVolumes({});
  const { mounts } = await readLedger(folder);
  return {
    images: Images.map(({ ImageId, ImageName }) => `${ImageId} ${ImageName}`),
    snapshots: Snapshots.map(({ SnapshotId }) => SnapshotId),
    volumes: Volumes.filter(({ LinkedVolumes }) => LinkedVolumes[0]?.DeviceName !== "/dev/sda1").map(
      ({ VolumeId }) => VolumeId,
    ),
    mounts,
    journals: await names(join(stateFolder, "runs")),
    links: await names(join(stateFolder, "links")),
    temporaries: await names(join(folder, "tmp")),
    violations: cloud.status().violations.map(({ details }) => details),
  };
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
