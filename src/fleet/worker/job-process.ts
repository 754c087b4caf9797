import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BakeEvent } from "../../bake/event-report.ts";
import type { JournalEntry } from "../../builder/journal/entry.ts";
import { FleetError } from "../../common/errors.ts";
import type { SentResult } from "../queue/messages.ts";
import { LostProcessError } from "../queue/retry-reason.ts";
import type { FromJob, JobOrder, ToJob } from "./job-messages.ts";

export interface JobProcessInput extends JobOrder {
  readonly env: NodeJS.ProcessEnv;
  /** A descriptor that the process holds as long as it lives. */
  readonly lockFd: number;
  readonly onEvent: (event: BakeEvent) => void;
  /** @returns why the build may not publish, or undefined */
  readonly mayPublish: () => Promise<string | undefined>;
  readonly onJournal: (entry: JournalEntry) => void;
  /** @returns why what was written last is not in the copy, or undefined */
  readonly isCopied: () => Promise<string | undefined>;
}

/** A build as its worker sees it. */
export interface RunningJob {
  /** @throws {FleetError} when it comes to no end of its own */
  readonly result: Promise<SentResult>;
  stop(stopped: { readonly reason: string; readonly isHandedBack: boolean }): void;
  hurry(): void;
  /** Waits until nothing of it runs: only then its journal is free. */
  ended(): Promise<void>;
}

/** What bakes: a process, or something in its place where only the queue is looked at. */
export type StartJob = (input: JobProcessInput) => RunningJob;

/** A build in a process of its own. What it writes besides, such as a crash, is on our standard error. */
export class JobProcess implements RunningJob {
  readonly result: Promise<SentResult>;
  readonly #child: ChildProcess;

  constructor(input: JobProcessInput) {
    const { env, onEvent, mayPublish, onJournal, isCopied, lockFd, ...order } = input;
    const file = fileURLToPath(new URL("./fleet-job.js", import.meta.url));
    const child = fork(file, [], {
      env,
      stdio: ["ignore", "ignore", "inherit", "ipc", lockFd],
      serialization: "advanced",
    });
    this.#child = child;
    this.result = new Promise((resolve, reject) => {
      child.on("error", (cause) => reject(new FleetError("The process of a build cannot be run", { cause })));
      child.on("exit", (code, signal) => {
        reject(new LostProcessError(`The process of the build ended before it: ${signal ?? `exit code ${code}`}`));
      });
      child.on("message", (message: FromJob) => {
        if (message.type === "event") onEvent(message.event);
        else if (message.type === "end") resolve(message.result);
        else if (message.type === "journal") onJournal(message.entry);
        else if (message.type === "is-copied")
          void isCopied().then((problem) => this.#tell({ type: "copied", problem }));
        else void mayPublish().then((problem) => this.#tell({ type: "may-publish", problem }));
      });
    });
    this.#tell({ type: "start", order });
  }

  stop(stopped: Parameters<RunningJob["stop"]>[0]): void {
    this.#tell({ type: "stop", ...stopped });
  }

  hurry(): void {
    this.#tell({ type: "hurry" });
  }

  async ended(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    await new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
  }

  #tell(message: ToJob): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }
}
