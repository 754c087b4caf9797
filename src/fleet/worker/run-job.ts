import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BakeEvent, EventReport } from "../../bake/event-report.ts";
import { openBake } from "../../bake/open-bake.ts";
import type { BakedBuild } from "../../bake/run-builds.ts";
import type { JournalCopy } from "../../builder/journal/journal-copy.ts";
import { outcomeOf, unwrapFailure } from "../../builder/unwrap-failure.ts";
import { systemClock } from "../../common/clock.ts";
import { AuthError } from "../../common/errors.ts";
import { maskedJson } from "../../terminal/masked-json.ts";
import type { SentResult } from "../queue/messages.ts";
import { sentErrorOf } from "../queue/sent-error.ts";
import type { JobOrder } from "./job-messages.ts";

export interface RunJobInput extends JobOrder {
  readonly signal: AbortSignal;
  readonly hurry: AbortSignal;
  readonly onEvent: (event: BakeEvent) => void;
  /** @throws {ChrootError} when the job is not ours any more */
  readonly mayPublish: () => Promise<void>;
  readonly journalCopy: JournalCopy;
}

/**
 * Bakes one build of a template that a submitter has sent, in this process, whose working folder it changes: relative paths
 * of the template begin there. Never throws for what becomes of the build.
 */
export async function runJob(input: RunJobInput): Promise<SentResult> {
  const { job, folder, localCloud, workerId, onEvent, mayPublish, journalCopy, hurry } = input;
  const { template, settings } = job;
  const locateFile = locatorOf(folder, template.lookedFor);
  const wrongAccount = new AbortController();
  const end = (rest: Partial<SentResult> & Pick<SentResult, "outcome">): SentResult => ({
    ...{ runId: undefined, artifact: undefined, error: undefined, evidence: undefined },
    ...{ provenance: undefined, record: undefined },
    worker: workerId,
    endedAt: systemClock.now(),
    ...rest,
  });
  try {
    process.chdir(join(folder, template.workingFolder));
    await using bake = await openBake({
      template: template.path.startsWith("/") ? locateFile(template.path) : template.path,
      variables: template.variables,
      variableFiles: template.variableFiles.map((path) => (path.startsWith("/") ? locateFile(path) : path)),
      warnUndeclared: template.warnUndeclared,
      onlyBuild: job.build,
      origin: { now: new Date(template.now), homeFolder: template.homeFolder, env: template.env, locateFile },
      env: { ...process.env, PACKER_RUN_UUID: job.runUuid },
      local: localCloud === undefined ? undefined : { stateFolder: localCloud },
      force: settings.force,
      bootTest: settings.bootTest,
      onError: settings.onError,
      skipUnchanged: settings.skipUnchanged ?? undefined,
      maxAge: settings.maxAge ?? undefined,
      history: settings.history,
      provenance: settings.provenance,
      evidence: settings.evidence ?? undefined,
      skipPostProcessors: true,
      mayPublish,
      journalCopy,
    });
    const report = new EventReport({
      clock: systemClock,
      ask: undefined,
      onEvent: (event) => {
        onEvent(withoutFolder(event, folder));
        // Told before anything is made: a template may have credentials of its own.
        if (event.type !== "account" || event.accountId === job.accountId) return;
        const message = `The template's credentials are of the account ${event.accountId}; this worker bakes for ${job.accountId}`;
        wrongAccount.abort(new AuthError(message));
      },
    });
    const signal = AbortSignal.any([input.signal, wrongAccount.signal]);
    const [result] = await bake.run({ report, signal, hurry });
    return result === undefined ? end({ outcome: "cancelled" }) : end(withoutFolder(sentParts(result), folder));
  } catch (thrown) {
    return end({
      outcome: outcomeOf(unwrapFailure(thrown).error),
      error: withoutFolder(masked(sentErrorOf(thrown)), folder),
    });
  }
}

function sentParts({ outcome, runId, artifact, error, evidence, provenance, record }: BakedBuild) {
  return {
    outcome,
    runId,
    // What post-processors are told; it is sealed, and masked where it is shown.
    artifact: artifact && { region: artifact.region, product: artifact.product, data: artifact.data },
    error: error === undefined ? undefined : masked(sentErrorOf(error)),
    evidence,
    provenance,
    record,
  };
}

function masked<Value>(value: Value): Value {
  return JSON.parse(maskedJson(value));
}

/** With the paths of the bundle as its submitter knows them. */
function withoutFolder<Value>(value: Value, folder: string): Value {
  const own = (_: string, part: unknown) => (typeof part === "string" ? part.replaceAll(folder, "") : part);
  return JSON.parse(JSON.stringify(value), own);
}

/**
 * Where the files of a template lie that was written on another machine: in the bundle, if they are in it; and what the
 * template has looked for there without finding it is not looked for on this machine.
 */
function locatorOf(folder: string, lookedFor: readonly string[]): (path: string) => string {
  const known = new Set(lookedFor);
  return (path) => {
    if (path === folder || path.startsWith(`${folder}/`)) return path;
    const absolute = resolve(path);
    if (absolute.startsWith(`${folder}/`)) return path;
    const packed = join(folder, absolute);
    return known.has(absolute) || existsSync(packed) ? packed : path;
  };
}
