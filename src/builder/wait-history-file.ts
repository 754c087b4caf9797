import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { messageOf } from "../common/errors.ts";
import type { DebugLog } from "../common/log.ts";
import { writeWholeFile } from "../common/whole-file.ts";
import { keepLast, WAITS_KEPT, WaitHistory, type WaitSamples } from "../outscale/wait-history.ts";

const ACCOUNTS_KEPT = 32;
const KINDS_KEPT = 64;

const samplesSchema = z.record(z.string(), z.array(z.number().nonnegative()).max(WAITS_KEPT));
/** Accounts, the one that was used last at the end. */
const fileSchema = z.strictObject({ format: z.literal(1), accounts: z.record(z.string(), samplesSchema) });
type Accounts = z.infer<typeof fileSchema>["accounts"];

export interface WaitHistoryOptions {
  readonly stateFolder: string;
  readonly accountId: string;
  readonly region: string;
  readonly log: DebugLog;
}

/**
 * How long this account's waits took: `waits.json` in the state folder. It only makes waiting better: a file that cannot
 * be read or written is no trouble, and what two builds learn at the same moment may be lost.
 */
export class WaitHistoryFile {
  readonly history: WaitHistory;
  readonly #path: string;
  readonly #account: string;
  readonly #log: DebugLog;

  private constructor({ stateFolder, accountId, region, log }: WaitHistoryOptions, accounts: Accounts) {
    this.#path = waitsPath(stateFolder);
    this.#account = `${region}/${accountId}`;
    this.#log = log;
    this.history = new WaitHistory(accounts[this.#account]);
  }

  static async open(options: WaitHistoryOptions): Promise<WaitHistoryFile> {
    return new WaitHistoryFile(options, await readAccounts(waitsPath(options.stateFolder)));
  }

  /** Adds what was learnt to what is in the file by now. */
  async save(): Promise<void> {
    const { learnt } = this.history;
    if (Object.keys(learnt).length === 0) return;
    try {
      const { [this.#account]: known = {}, ...others } = await readAccounts(this.#path);
      const accounts = { ...others, [this.#account]: keepNewest(merge(known, learnt), KINDS_KEPT) };
      await writeWaits(this.#path, JSON.stringify({ format: 1, accounts: keepNewest(accounts, ACCOUNTS_KEPT) }));
    } catch (error) {
      this.#log.write({ kind: "note", message: `The times of waits were not kept: ${messageOf(error)}` });
    }
  }
}

function waitsPath(stateFolder: string): string {
  return join(stateFolder, "waits.json");
}

async function readAccounts(path: string): Promise<Accounts> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(path, "utf8"))).accounts;
  } catch {
    return {}; // not there, or not ours: it is written anew
  }
}

function merge(known: WaitSamples, learnt: WaitSamples): Record<string, number[]> {
  const { ...merged }: Record<string, readonly number[]> = known;
  for (const [kind, samples] of Object.entries(learnt)) {
    const before = merged[kind] ?? [];
    delete merged[kind]; // what is used goes to the end
    merged[kind] = [...keepLast([...before, ...samples])];
  }
  return merged as Record<string, number[]>;
}

function keepNewest<Value>(entries: Readonly<Record<string, Value>>, count: number): Record<string, Value> {
  return Object.fromEntries(Object.entries(entries).slice(-count));
}

/** Two builds that write at once may spoil it, which is no harm: one name on the way, so that the killed leave one file. */
async function writeWaits(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeWholeFile(path, text, { partial: `${path}.new` });
}
