import { randomBytes, randomUUID } from "node:crypto";
import { homedir, hostname, userInfo } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";
import type { EvidenceWishes } from "../../bake/image-evidence.ts";
import { loadBuilds } from "../../bake/load-builds.ts";
import type { BakeControl, OpenBake } from "../../bake/open-bake.ts";
import { type BuildSettings, checkBuilds } from "../../bake/prepare-builds.ts";
import { type BakedBuild, type RunnableBuild, runBuilds } from "../../bake/run-builds.ts";
import type { TemplateInput } from "../../bake/template-input.ts";
import { systemClock } from "../../common/clock.ts";
import { UsageError } from "../../common/errors.ts";
import { type DebugLog, noLog } from "../../common/log.ts";
import type { BuildDefinition } from "../../definition/build-definition.ts";
import { maskEnvironment } from "../../outscale/mask-environment.ts";
import type { BuildIdentity } from "../../provisioners/provisioner.ts";
import type { Bundle } from "../bundle/pack-bundle.ts";
import { BundleBucket } from "../objects/bundle-bucket.ts";
import type { BundlePlace } from "../objects/object-book.ts";
import { sendObjects } from "../objects/send-objects.ts";
import { trimObjects } from "../objects/trim-objects.ts";
import { connect, type RedisAddress } from "../queue/connection.ts";
import { FleetQueue, KEPT_SECONDS } from "../queue/fleet-queue.ts";
import type { JobMessage } from "../queue/messages.ts";
import { OutputNews } from "../queue/output-news.ts";
import type { Standing } from "../queue/turns.ts";
import { addSchedule } from "../schedule/change-schedules.ts";
import type { Cron } from "../schedule/cron.ts";
import type { FleetKeys } from "../seal/fleet-key.ts";
import { Sealer } from "../seal/seal.ts";
import { findPlace, type WantedPlace } from "./find-place.ts";
import { packTemplate } from "./pack-template.ts";
import { RecordedReads } from "./record-reads.ts";
import { RemoteBuild } from "./remote-build.ts";

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

/** A template that is packed and can be submitted. */
export interface FleetBake extends OpenBake {
  /** Submits the builds and waits for none. @returns the ids of their jobs, by the builds' names */
  submit(say: Say): Promise<ReadonlyMap<string, string>>;
  /** Has workers submit the builds whenever they are due, as they are now. */
  schedule(wanted: WantedSchedule, say: Say): Promise<AddedSchedule>;
}

/** Told what is being sent. */
type Say = (message: string) => void;

export interface WantedSchedule {
  readonly name: string;
  readonly cron: Cron;
  /** Milliseconds since the epoch. */
  readonly until: number;
  readonly mayReplace: boolean;
}

export interface AddedSchedule {
  readonly queue: string;
  readonly isReplaced: boolean;
  /** Builds with post-processors: these run at a submitter, and here is none. */
  readonly withPostProcessors: readonly string[];
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
  const { env, template: templatePath } = input;
  const identityOf = ({ sourceName: buildName, type: buildType, userVariables }: BuildDefinition): BuildIdentity => {
    return { buildName, buildType, templatePath, userVariables, environment: env, now };
  };
  checkBuilds(template.builds, { ...input, builder: { env, templatePath, now }, isElsewhere: true });
  const redis = await connect(input.address, input.onTrouble);
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
    return new OpenedFleetBake(input, {
      ...{ queue, redis, bundle, jobs, identityOf, builds: template.builds },
      templateFiles: template.files,
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

interface JobParts {
  readonly input: FleetBakeInput;
  readonly queue: FleetQueue;
  readonly reads: RecordedReads;
  readonly now: Date;
  readonly bundle: Bundle;
}

function jobOf(build: BuildDefinition, { input, queue, reads, now, bundle }: JobParts): JobMessage {
  const { env, onError = "cleanup", evidence } = input;
  return {
    id: randomBytes(8).toString("hex"),
    accountId: queue.place.accountId,
    region: queue.place.region,
    build: build.name,
    submitter: `${userInfo().username}@${hostname()}`,
    submittedAt: Date.now(),
    standing: input.standing,
    runUuid: env.PACKER_RUN_UUID || randomUUID(),
    template: {
      path: input.template,
      workingFolder: process.cwd(),
      homeFolder: homedir(),
      now: now.getTime(),
      variables: { ...input.variables },
      variableFiles: [...(input.variableFiles ?? [])],
      warnUndeclared: input.warnUndeclared === true,
      env: { ...reads.taken },
      lookedFor: [...reads.paths],
    },
    settings: {
      force: input.force === true,
      bootTest: input.bootTest === true,
      onError: onError === "ask" ? "cleanup" : onError,
      skipUnchanged: input.skipUnchanged ?? null,
      maxAge: input.maxAge ?? null,
      history: input.history !== false,
      retries: input.retries,
      provenance: input.provenance === true,
      evidence: evidence ?? null,
    },
    manifest: bundle.manifest,
  };
}

interface OpenParts {
  readonly queue: FleetQueue;
  readonly redis: Redis;
  readonly bundle: Bundle;
  readonly builds: readonly BuildDefinition[];
  readonly jobs: readonly JobMessage[];
  readonly identityOf: (build: BuildDefinition) => BuildIdentity;
  readonly templateFiles: readonly string[];
  readonly warnings: readonly string[];
}

interface Sending {
  /** How long what is sent is needed, at least. */
  readonly seconds?: number;
  readonly say: Say;
  readonly signal?: AbortSignal;
}

class OpenedFleetBake implements FleetBake {
  readonly #input: FleetBakeInput;
  readonly #parts: OpenParts;

  constructor(input: FleetBakeInput, parts: OpenParts) {
    this.#input = input;
    this.#parts = parts;
  }

  get names(): readonly string[] {
    return this.#parts.builds.map(({ name }) => name);
  }

  get templateFiles(): readonly string[] {
    return this.#parts.templateFiles;
  }

  get warnings(): readonly string[] {
    return this.#parts.warnings;
  }

  async submit(say: Say): Promise<ReadonlyMap<string, string>> {
    const { queue, jobs } = this.#parts;
    await this.#send({ say });
    for (const job of jobs) await queue.submit(job);
    return new Map(jobs.map(({ build, id }) => [build, id]));
  }

  async schedule({ name, cron, until, mayReplace }: WantedSchedule, say: Say): Promise<AddedSchedule> {
    const { queue, jobs, builds } = this.#parts;
    const scheduled = jobs.map(({ id: _, submittedAt: __, submitter, ...job }) => {
      return { ...job, submitter: `schedule ${name} of ${submitter}` };
    });
    const times = { cron: cron.text, zone: cron.zone, from: Date.now(), until };
    const wanted = { name, ...times, submitter: jobs[0]?.submitter ?? "", jobs: scheduled };
    const send = (seconds: number) => this.#send({ seconds, say });
    const { isReplaced } = await addSchedule(queue, wanted, { cron, send, mayReplace });
    const withPostProcessors = builds.filter(({ postProcessors }) => postProcessors.length > 0);
    return { queue: queue.name, isReplaced, withPostProcessors: withPostProcessors.map(({ name }) => name) };
  }

  async run({ report, signal, hurry }: BakeControl): Promise<readonly BakedBuild[]> {
    const { builds, jobs, queue, identityOf } = this.#parts;
    const { env, parallel = 0, force = false, log = noLog } = this.#input;
    await this.#send({ say: (message) => report.note("say", message), signal });
    using news = new OutputNews(queue);
    const remotes = jobs.map((job) => new RemoteBuild(job, { queue, news, env }));
    const runnable = builds.map((definition, index): RunnableBuild => {
      const builder = remotes[index];
      if (builder === undefined) throw new Error("There is a job for every build");
      return { definition, builder, identity: identityOf(definition) };
    });
    const results = await runBuilds(runnable, {
      ...{ report, signal, hurry, parallel, force, log },
      clock: systemClock,
      debug: false,
      runUuid: jobs[0]?.runUuid ?? randomUUID(),
      temporaryFolder: join(env.XDG_STATE_HOME || join(homedir(), ".local/state"), "outscale-chroot/temporary"),
    });
    return results.map((result) => {
      const sent = remotes[builds.findIndex(({ name }) => name === result.name)]?.result;
      return {
        ...result,
        runId: result.runId ?? sent?.runId,
        ...{ evidence: sent?.evidence, record: sent?.record, provenance: sent?.provenance },
      };
    });
  }

  /** Everything that the builds need, before they are submitted. */
  async #send({ seconds = KEPT_SECONDS, say, signal }: Sending): Promise<void> {
    const { queue, bundle } = this.#parts;
    const { bucket: place, env, log = noLog } = this.#input;
    await queue.putContents(bundle.contents, seconds);
    if (place === undefined || bundle.objects.size === 0) return;
    const { region } = queue.place;
    await using bucket = new BundleBucket({ region, profile: place.profile, env, log, onRetry: say });
    const storage = await bucket.storage();
    await sendObjects(bundle.objects, { queue, storage, place, seconds, say, signal });
    const trimmed = { queue, storage: () => bucket.storage(), bucket: place.bucket, now: Date.now() };
    for (const problem of (await trimObjects(trimmed)).values()) say(`Warning: ${problem}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.queue[Symbol.asyncDispose]();
    this.#parts.redis.disconnect();
  }
}
