import { artifactIdOf, OmiArtifact } from "../../builder/artifact.ts";
import type { RunInput } from "../../builder/builder.ts";
import { destroyProduct } from "../../builder/destroy-product.ts";
import { systemClock } from "../../common/clock.ts";
import { AuthError, CancelledError, FleetError, messageOf } from "../../common/errors.ts";
import { resolveAccess } from "../../outscale/credentials.ts";
import { resolveRegionAccess } from "../../outscale/region-access.ts";
import { eachNoticeOnce, type OnNotice, tellNotices } from "../../outscale/tell-notices.ts";
import { AwaitedEnd } from "../queue/awaited-end.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import { FollowedOutput } from "../queue/followed-output.ts";
import type { JobMessage, SentError, SentResult } from "../queue/messages.ts";
import type { OutputNews } from "../queue/output-news.ts";
import { type Reach, UnreachableError } from "../queue/reach.ts";
import { RefusalError } from "../queue/refusal-error.ts";
import { errorOfSent } from "../queue/sent-error.ts";
import { unlessLeft } from "../queue/until-stopped.ts";
import { withdrawJob } from "../queue/withdrawn-jobs.ts";
import { isWithoutWorkers } from "./find-place.ts";
import { ShownOutput } from "./shown-output.ts";

/** So often it is looked whether an end will come, when nothing does. */
const LOOK_MS = 5_000;

export interface RemoteBuildParts {
  readonly queue: FleetQueue;
  readonly news: OutputNews;
  readonly reach: Reach;
  /** For what is done with the artifact. */
  readonly env: NodeJS.ProcessEnv;
}

/** One build that runs on a worker, as its submitter sees it. */
export class RemoteBuild {
  readonly #job: JobMessage;
  readonly #queue: FleetQueue;
  readonly #news: OutputNews;
  readonly #reach: Reach;
  readonly #env: NodeJS.ProcessEnv;
  /** What the worker has sent of it; undefined until it has ended. */
  result: SentResult | undefined;

  constructor(job: JobMessage, { queue, news, reach, env }: RemoteBuildParts) {
    this.#job = job;
    this.#queue = queue;
    this.#news = news;
    this.#reach = reach;
    this.#env = env;
  }

  /** Submits the job and shows what comes of it, as a builder shows what it does. */
  async run(input: RunInput): Promise<OmiArtifact | undefined> {
    const { ui } = input;
    const stopListening = this.#passOn(input, (message) => ui.warn(message));
    try {
      await this.#ask(this.#queue.submit(this.#job), input);
      ui.say(`Submitted to ${this.#queue.name} as ${this.#job.id}`);
      // It is there, whatever the queue says to this.
      const isWaiting = isWithoutWorkers(this.#queue).catch(() => false);
      if (await this.#ask(isWaiting, input)) ui.say(`No worker is there for ${this.#queue.name}: it waits for one`);
      const result = await this.#follow(input);
      this.result = result;
      const onNotice = eachNoticeOnce((notice) => ui.warn(notice));
      const artifact = result.artifact && this.#artifactOf(result.artifact, onNotice);
      if (result.outcome === "done" && result.error === undefined) return artifact;
      if (artifact !== undefined) input.onStanding?.(artifact);
      throw result.error === undefined ? new CancelledError() : errorOfSent(withMachine(result.error, result.worker));
    } finally {
      stopListening();
    }
  }

  /** What the queue answers, however long it is lost; unless somebody has asked twice for an end. */
  async #ask<Value>(answer: Promise<Value>, { hurry: wish }: Pick<RunInput, "hurry">): Promise<Value> {
    const { id } = this.#job;
    return unlessLeft(answer, { wish, reach: this.#reach }).catch((error: unknown) => {
      if (!(error instanceof UnreachableError)) throw error;
      throw new FleetError(`The queue cannot be reached: build ${id} may go on, or begin`, {
        hint: `when it can: outscale-chroot fleet cancel ${id}, and fleet logs ${id} tells what became of it`,
      });
    });
  }

  /** Ctrl-C goes to the worker, which cleans up; a job that no worker has is taken back. */
  #passOn(wishes: Pick<RunInput, "signal" | "hurry">, say: (message: string) => void): () => void {
    const over = new AbortController();
    const tell = (wish: "cancel" | "hurry") => {
      if (wish === "cancel" && this.#reach.isLost)
        say("The queue cannot be reached: the worker is told when it can. A second signal leaves the build to it");
      this.#queue.tell(this.#job.id, { wish }).catch((error: unknown) => {
        if (!over.signal.aborted) say(`The worker could not be told: ${messageOf(error)}`);
      });
    };
    const listen = { once: true, signal: over.signal };
    if (wishes.signal?.aborted) tell("cancel");
    wishes.signal?.addEventListener("abort", () => tell("cancel"), listen);
    wishes.hurry?.addEventListener("abort", () => tell("hurry"), listen);
    return () => over.abort();
  }

  async #follow(input: RunInput): Promise<SentResult> {
    using output = await this.#ask(FollowedOutput.open(this.#queue, this.#job.id, this.#news), input);
    const over = new AbortController();
    input.signal?.addEventListener("abort", () => output.look(), { once: true, signal: over.signal });
    try {
      return await this.#followTo(output, input);
    } finally {
      over.abort();
    }
  }

  async #followTo(output: FollowedOutput, input: RunInput): Promise<SentResult> {
    const show = new ShownOutput(input);
    const end = new AwaitedEnd(this.#queue, this.#job.id, systemClock);
    for (;;) {
      const part = await this.#ask(output.next(LOOK_MS), input);
      show.part(part);
      if (part.entries.some((entry) => entry.type === "end")) return this.#ask(this.#readResult(), input);
      if (part.entries.length > 0) {
        end.heard();
        continue;
      }
      if (input.signal?.aborted && (await this.#ask(this.#withdraw(), input)))
        throw new CancelledError("The build was cancelled while it waited");
      const result = await this.#ask(end.look(), input);
      if (result === undefined) continue;
      show.endIsMissing();
      return result;
    }
  }

  /** Where it may not be taken back, its worker is told to stop it as soon as there is one. */
  async #withdraw(): Promise<boolean> {
    return withdrawJob(this.#queue, this.#job.id).catch((error: unknown) => {
      if (error instanceof RefusalError) return false;
      throw error;
    });
  }

  async #readResult(): Promise<SentResult> {
    const result = await this.#queue.readResult(this.#job.id);
    if (result !== undefined) return result;
    throw new FleetError(`The queue has lost the result of build ${this.#job.id}`, {
      hint: "the account has its OMI if it came to one: its worker's log says so",
    });
  }

  #artifactOf({ region, product, data }: NonNullable<SentResult["artifact"]>, onNotice: OnNotice): OmiArtifact {
    const destroy = async () => {
      const resolved = await resolveAccess({ template: { region }, env: this.#env }).catch((error: unknown) => {
        if (!(error instanceof AuthError)) throw error;
        const id = artifactIdOf(region, product);
        throw new FleetError(`The OMI ${id} stands: this machine has no access to its account`, {
          cause: error,
          hint: "a post-processor with keep_input_artifact = true keeps it; otherwise delete it where there are keys",
        });
      });
      const access = tellNotices(resolved, onNotice);
      const copied = (product.copies ?? []).map(async ({ region }) =>
        tellNotices(await resolveRegionAccess({ region, env: this.#env }), onNotice),
      );
      await destroyProduct([access, ...(await Promise.all(copied))], product, { env: this.#env });
    };
    return new OmiArtifact({ region, product, data, destroy });
  }
}

/** What is wrong with a machine, where it is not said of which. */
const OF_A_MACHINE: readonly string[] = ["E_AUTH", "E_MISSING_PROGRAM", "E_SYSTEM"];

function withMachine(error: SentError, worker: string): SentError {
  if (!OF_A_MACHINE.includes(error.code) || worker === "") return error;
  return { ...error, message: `On the worker ${worker}: ${error.message}` };
}
