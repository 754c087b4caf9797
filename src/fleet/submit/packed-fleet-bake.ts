import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";
import type { BakeControl, OpenBake } from "../../bake/open-bake.ts";
import { type BakedBuild, type RunnableBuild, runBuilds } from "../../bake/run-builds.ts";
import { systemClock } from "../../common/clock.ts";
import { ChrootError, FleetError, throwIfCancelled } from "../../common/errors.ts";
import { noLog } from "../../common/log.ts";
import type { BuildDefinition } from "../../definition/build-definition.ts";
import type { FileDigest } from "../../history/keep-record.ts";
import type { BuildIdentity } from "../../provisioners/provisioner.ts";
import type { Bundle } from "../bundle/pack-bundle.ts";
import { BundleBucket } from "../objects/bundle-bucket.ts";
import { sendObjects } from "../objects/send-objects.ts";
import { trimObjects } from "../objects/trim-objects.ts";
import { type FleetQueue, KEPT_SECONDS } from "../queue/fleet-queue.ts";
import type { JobMessage } from "../queue/messages.ts";
import { OutputNews } from "../queue/output-news.ts";
import { type Reach, UnreachableError } from "../queue/reach.ts";
import { unlessLeft } from "../queue/until-stopped.ts";
import { addSchedule } from "../schedule/change-schedules.ts";
import type { Cron } from "../schedule/cron.ts";
import { isWithoutWorkers } from "./find-place.ts";
import type { FleetBakeInput } from "./open-fleet-bake.ts";
import { RemoteBuild } from "./remote-build.ts";

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

interface PackedParts {
  readonly queue: FleetQueue;
  readonly redis: Redis;
  readonly reach: Reach;
  readonly bundle: Bundle;
  readonly builds: readonly BuildDefinition[];
  readonly jobs: readonly JobMessage[];
  readonly identityOf: (build: BuildDefinition) => BuildIdentity;
  readonly templateFiles: readonly FileDigest[];
  readonly warnings: readonly string[];
}

interface Sending {
  readonly say: Say;
  readonly signal?: AbortSignal;
}

/** Sends what a packed template needs, submits its builds or schedules them, and follows them to their end. */
export class PackedFleetBake implements FleetBake {
  readonly #input: FleetBakeInput;
  readonly #parts: PackedParts;

  constructor(input: FleetBakeInput, parts: PackedParts) {
    this.#input = input;
    this.#parts = parts;
  }

  get names(): readonly string[] {
    return this.#parts.builds.map(({ name }) => name);
  }

  get templateFiles(): readonly string[] {
    return this.#parts.templateFiles.map(({ path }) => path);
  }

  get templateDigests(): readonly FileDigest[] {
    return this.#parts.templateFiles;
  }

  get warnings(): readonly string[] {
    return this.#parts.warnings;
  }

  async submit(say: Say): Promise<ReadonlyMap<string, string>> {
    const { queue, jobs } = this.#parts;
    await this.#send({ say });
    const submitted = new Map<string, string>();
    for (const job of jobs) {
      await queue.submit(job).catch((error: unknown) => {
        throw submitted.size > 0 && error instanceof ChrootError ? partly(job, submitted, error) : error;
      });
      submitted.set(job.build, job.id);
    }
    // They are there, whatever the queue says to this.
    const waits = await isWithoutWorkers(queue).catch(() => false);
    if (waits) say(`No worker is there for ${queue.name}: what is submitted waits for one`);
    return submitted;
  }

  async schedule({ name, cron, until, mayReplace }: WantedSchedule, say: Say): Promise<AddedSchedule> {
    const { queue, jobs, builds } = this.#parts;
    const scheduled = jobs.map(({ id: _, submittedAt: __, submitter, ...job }) => {
      return { ...job, submitter: `schedule ${name} of ${submitter}` };
    });
    const times = { cron: cron.text, zone: cron.zone, from: Date.now(), until };
    const wanted = { name, ...times, submitter: jobs[0]?.submitter ?? "", jobs: scheduled };
    const send = () => this.#send({ say });
    const { isReplaced } = await addSchedule(queue, wanted, { cron, send, mayReplace });
    const withPostProcessors = builds.filter(({ postProcessors }) => postProcessors.length > 0);
    return { queue: queue.name, isReplaced, withPostProcessors: withPostProcessors.map(({ name }) => name) };
  }

  async run({ report, signal, hurry }: BakeControl): Promise<readonly BakedBuild[]> {
    const { builds, jobs, queue, reach, identityOf } = this.#parts;
    const { env, parallel = 0, force = false, log = noLog } = this.#input;
    // Every build listens to them: no number of listeners is a mistake.
    setMaxListeners(0, signal, hurry);
    const sending = this.#send({ say: (message) => report.note("say", message), signal });
    // What goes to a bucket is taken back there; but nothing was submitted, and a queue that is lost is not waited for.
    await unlessLeft(sending, { wish: signal, reach }).catch((error: unknown) => {
      if (error instanceof UnreachableError) throwIfCancelled(signal);
      throw error;
    });
    using news = new OutputNews(queue);
    const remotes = jobs.map((job) => new RemoteBuild(job, { queue, news, reach, env }));
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
  async #send({ say, signal }: Sending): Promise<void> {
    const { queue, bundle } = this.#parts;
    const { bucket: place, env, log = noLog } = this.#input;
    await queue.putContents(bundle.contents, { signal });
    if (place === undefined || bundle.objects.size === 0) return;
    const { region } = queue.place;
    const onNotice = (notice: string) => say(`Warning: ${notice}`);
    await using bucket = new BundleBucket({ region, profile: place.profile, env, log, onRetry: say, onNotice });
    const storage = await bucket.storage();
    await sendObjects(bundle.objects, { queue, storage, place, seconds: KEPT_SECONDS, say, signal });
    const trimmed = { queue, storage: () => bucket.storage(), bucket: place.bucket, now: Date.now(), signal };
    for (const problem of (await trimObjects(trimmed)).values()) say(`Warning: ${problem}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.queue[Symbol.asyncDispose]();
    this.#parts.redis.disconnect();
  }
}

/** Nobody else knows the ids of those that are submitted already. */
function partly({ build }: JobMessage, submitted: ReadonlyMap<string, string>, cause: ChrootError): FleetError {
  const names = [...submitted].map(([name, id]) => `${name} is ${id}`).join(", ");
  return new FleetError(`Builds are submitted, but not ${build} and what comes after it: ${names}`, {
    cause,
    hint: `${cause.hint ? `${cause.hint}; ` : ""}outscale-chroot fleet cancel takes one back`,
  });
}
