import type { RunRecord } from "../../../src/builder/journal/read-journal.ts";
import { runHeader } from "./run-context.ts";

/** What the journal of a failed run says, in short. */
export function runRecord(parts: Partial<RunRecord> = {}): RunRecord {
  return {
    header: runHeader,
    resources: [],
    sandbox: undefined,
    root: undefined,
    origin: {},
    base: undefined,
    done: [],
    product: undefined,
    copies: undefined,
    copied: [],
    loans: [],
    lastSeq: 1,
    outcome: "failed",
    length: 0,
    writtenAt: 0,
    ...parts,
  };
}
