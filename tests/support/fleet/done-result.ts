import type { SentResult } from "../../../src/fleet/queue/messages.ts";

/** What became of a build that a worker has done, and that has made nothing. */
export const doneResult = (worker: string, parts: Partial<SentResult> = {}): SentResult => ({
  ...{ outcome: "done", runId: undefined, worker, endedAt: Date.now(), artifact: undefined, error: undefined },
  ...{ evidence: undefined, provenance: undefined, record: undefined },
  ...parts,
});
