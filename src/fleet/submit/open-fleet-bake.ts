import { refuseIdleMaxAge } from "../../bake/idle-max-age.ts";
import type { EvidenceWishes } from "../../bake/image-evidence.ts";
import { loadBuilds } from "../../bake/load-builds.ts";
import { type BuildSettings, checkBuilds, refuseConnectionValues } from "../../bake/prepare-builds.ts";
import type { TemplateInput } from "../../bake/template-input.ts";
import { UsageError } from "../../common/errors.ts";
import type { DebugLog } from "../../common/log.ts";
import type { BuildDefinition } from "../../definition/build-definition.ts";
import { templateRecord } from "../../history/keep-record.ts";
import { maskEnvironment } from "../../outscale/mask-environment.ts";
import type { BuildIdentity } from "../../provisioners/provisioner.ts";
import type { BundlePlace } from "../objects/object-book.ts";
import type { RedisAddress } from "../queue/address.ts";
import { connect } from "../queue/connection.ts";
import { FleetQueue } from "../queue/fleet-queue.ts";
import type { JobMessage } from "../queue/messages.ts";
import { Reach } from "../queue/reach.ts";
import type { Standing } from "../queue/turns.ts";
import type { FleetKeys } from "../seal/fleet-key.ts";
import { Sealer } from "../seal/seal.ts";
import { findPlace, type WantedPlace } from "./find-place.ts";
import { jobOf } from "./job-of-build.ts";
import { packTemplate } from "./pack-template.ts";
import { type FleetBake, PackedFleetBake } from "./packed-fleet-bake.ts";
import { RecordedReads } from "./record-reads.ts";

/** A template to bake on a fleet, and how. */
export interface FleetBakeInput extends TemplateInput, BuildSettings {
  readonly address: RedisAddress;
  readonly keys: FleetKeys;
  /** Where the builds belong; what is undefined is found out. */
  readonly place: WantedPlace;
  readonly standing: Standing;
  readonly retries: JobMessage["settings"]["retries"];
  readonly env: NodeJS.ProcessEnv;
  /** Files and folders that travel, too. */
  readonly included: readonly string[];
  readonly limitBytes: number;
  /** Through which large files travel; without it all of them go through the queue. */
  readonly bucket?: WantedBucket | undefined;
  readonly parallel?: number | undefined;
  readonly history?: boolean | undefined;
  readonly evidence?: EvidenceWishes | undefined;
  /** Whether each result says how its OMI came to be. */
  readonly provenance?: boolean | undefined;
  readonly log?: DebugLog | undefined;
  /** Told when the connection to the queue is lost, and when it is there again. */
  readonly onTrouble: (message: string) => void;
}

export interface WantedBucket extends BundlePlace {
  /** A profile with its keys. */
  readonly profile: string | undefined;
  readonly limitBytes: number;
}

/**
 * Does everything that can be refused before anything is submitted: reads and checks the template, packs what it refers to,
 * and finds the queue. Neither root nor keys of the cloud are needed; data sources are read by the worker.
 * @throws {TemplateError | ConfigError} with every problem
 * @throws {FleetError} when the queue cannot be reached, or it is not clear which one is meant
 */
export async function openFleetBake(input: FleetBakeInput): Promise<FleetBake> {
  refuseQuestions(input);
  maskEnvironment(input.env);
  const now = new Date();
  const reads = new RecordedReads(input.env);
  const origin = { now, env: reads.environment, locateFile: reads.locateFile };
  const template = await loadBuilds({ ...input, origin });
  const { files: templateFiles } = templateRecord(input.template, template.files);
  const { env, template: templatePath } = input;
  const identityOf = ({ sourceName: buildName, type: buildType, userVariables }: BuildDefinition): BuildIdentity => {
    return { buildName, buildType, templatePath, userVariables, environment: env, now };
  };
  const options = { ...input, builder: { env, templatePath, now }, isElsewhere: true };
  const { prepared } = checkBuilds(template.builds, options);
  refuseConnectionValues(prepared);
  // Of a build whose data sources are not read it is not known whether it may be skipped.
  if (prepared.length === template.builds.length) refuseIdleMaxAge(prepared, input);
  const redis = await connect(input.address, input.onTrouble);
  const reach = new Reach(redis);
  try {
    const sealer = new Sealer(input.keys, Date.now);
    const queue = new FleetQueue(
      await findPlace(withRegion(input.place, template.builds), redis, sealer),
      redis,
      sealer,
    );
    const { bundle, warnings } = await packTemplate({
      templateFiles: template.files,
      variableFiles: [...template.variableFiles, ...(input.variableFiles ?? [])],
      lookedFor: reads.paths,
      included: input.included,
      builds: template.builds,
      identityOf,
      limitBytes: input.limitBytes,
      bucketLimitBytes: input.bucket?.limitBytes,
      addressOf: (sha256) => queue.addressOf(sha256),
    });
    const jobs = template.builds.map((build) => jobOf(build, { input, queue, reads, now, bundle }));
    return new PackedFleetBake(input, {
      ...{ queue, redis, reach, bundle, jobs, identityOf, builds: template.builds },
      templateFiles,
      warnings: [...template.warnings, ...warnings],
    });
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

function refuseQuestions({ debug, onError }: BuildSettings): void {
  if (!debug && onError !== "ask") return;
  throw new UsageError("-debug and -on-error=ask need a person at the machine that builds, and -queue has none", {
    hint: "build it there, without -queue",
  });
}

/** The region that every build names, if nobody else has said one. */
function withRegion(place: WantedPlace, builds: readonly BuildDefinition[]): WantedPlace {
  const regions = new Set(builds.map(({ config }) => config.region));
  const [region] = regions;
  if (place.region !== undefined || regions.size !== 1 || typeof region !== "string" || region === "") return place;
  return { ...place, region };
}
