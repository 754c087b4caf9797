import {
  appendFileSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { journalDisk } from "../../../tests/support/builder/journal-disk.ts";
import { runHeader } from "../../../tests/support/builder/run-context.ts";
import { noLog } from "../../common/log.ts";
import { secrets } from "../../common/secrets.ts";
import { Journal } from "./journal.ts";
import { JournalError } from "./journal-error.ts";
import { readJournal } from "./read-journal.ts";
import { findRuns, holdDeadRun } from "./runs.ts";

const volumeIntent = { clientToken: "t", vmId: "i-1" };
const linkIntent = { volumeId: "vol-1", vmId: "i-1", deviceName: "/dev/xvdf" };

let state: string;
let troubles: string[];
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "journal-"));
  troubles = [];
});
afterEach(() => rmSync(state, { recursive: true }));

const options = { log: noLog, onTrouble: (message: string) => void troubles.push(message) };
const open = () => Journal.create(join(state, "runs"), runHeader, options);

describe("Journal", () => {
  it("is readable by its owner alone, and so is its folder", async () => {
    const journal = await open();
    expect(statSync(join(state, "runs")).mode & 0o777).toBe(0o700);
    expect(statSync(journal.path).mode & 0o777).toBe(0o600);
    journal.close("done");
  });

  it("is gone when nothing is left to clean up", async () => {
    const journal = await open();
    const seq = journal.intent("volume", volumeIntent);
    journal.result(seq, "vol-1");
    journal.released(seq);
    journal.close("failed");
    expect(readdirSync(join(state, "runs"))).toEqual([]);
  });

  it("stays while something may exist, and tells what", async () => {
    const journal = await open();
    const volume = journal.intent("volume", volumeIntent);
    journal.result(volume, "vol-1");
    const link = journal.intent("link", linkIntent);
    journal.facts(link, { device: "/dev/loop0" });
    journal.close("failed");
    const record = readJournal(journal.path);
    expect(record).toMatchObject({ header: runHeader, outcome: "failed", lastSeq: 2 });
    expect(record.resources).toMatchObject([
      { seq: 1, kind: "volume", intent: volumeIntent, id: "vol-1", facts: {} },
      { seq: 2, kind: "link", intent: linkIntent, id: undefined, facts: { device: "/dev/loop0" } },
    ]);
  });

  it("has on disk what something is done by, and leaves the rest to the next such line", async () => {
    let synced = 0;
    const sync = (fd: number) => {
      synced++;
      fsyncSync(fd);
    };
    const disk = journalDisk({ sync });
    const journal = await Journal.create(join(state, "runs"), runHeader, { ...options, disk });
    const syncs = (write: () => void) => {
      const before = synced;
      write();
      return synced - before;
    };
    const loan = { path: "/etc/resolv.conf", aside: null, sha256: "0", sizeBytes: 1 };
    const work = { part: "provisioner", number: 1, count: 1, name: "shell", digest: "0" } as const;
    const lines: readonly [string, () => void][] = [
      ["1 intent", () => void journal.intent("volume", volumeIntent)],
      ["1 facts", () => journal.facts(1, {})],
      ["1 adopted", () => journal.result(1, "vol-1", { isFindable: false })],
      ["1 done", () => journal.done(work)],
      ["1 lent", () => journal.lent(loan)],
      ["1 kept", () => journal.kept([1])],
      ["0 result", () => journal.result(1, "vol-1")],
      ["0 released", () => journal.released(1)],
      ["0 sandbox", () => journal.sandbox({ pid: 2, mountPath: "/mnt/own" })],
      ["0 root", () => journal.root(1, [])],
      ["0 origin", () => journal.origin({})],
      ["0 base", () => journal.base({})],
      ["0 returned", () => journal.returned(loan.path)],
    ];
    for (const [expected, write] of lines) expect(`${syncs(write)} ${expected.slice(2)}`).toBe(expected);
    journal.intent("volume", volumeIntent);
    expect(syncs(() => journal.close("failed"))).toBe(1);
  });

  it("says of several things at once that they are the product", async () => {
    const journal = await open();
    const snapshot = journal.intent("snapshot", { clientToken: "s" });
    const image = journal.intent("image", { name: "web", rootSnapshotId: "snap-1" });
    journal.intent("volume", volumeIntent);
    journal.kept([snapshot, image]);
    journal.close("done");
    expect(readJournal(journal.path).resources.map(({ kind }) => kind)).toEqual(["volume"]);
  });

  it("holds exact values, whatever is secret elsewhere", async () => {
    const journal = await open();
    secrets.add("outscale-chroot");
    const intent = { clientToken: "outscale-chroot-0123456789ab-volume", vmId: "i-1" };
    const seq = journal.intent("volume", intent);
    journal.result(seq, "vol-outscale-chroot");
    journal.close("failed");
    expect(readJournal(journal.path).resources).toMatchObject([{ intent, id: "vol-outscale-chroot" }]);
  });

  it("refuses the credentials in an intent, before anything is made by it", async () => {
    const forbidden = { ...options, forbidden: ['S3cret"Key'] };
    const journal = await Journal.create(join(state, "runs"), runHeader, forbidden);
    const intent = { name: 'web-S3cret"Key', rootSnapshotId: "snap-1" };
    expect(() => journal.intent("image", intent)).toThrow(JournalError);
    expect(readFileSync(journal.path, "utf8")).not.toContain("S3cret");
    journal.close("failed");
  });

  it("refuses what it could not read again", async () => {
    const journal = await open();
    expect(() => journal.sandbox({ pid: 4711, mountPath: "/" })).not.toThrow();
    expect(troubles).toEqual([expect.stringContaining("mountPath: must be an absolute path below /")]);
    expect(() => journal.intent("volume", volumeIntent)).toThrow(JournalError);
    expect(journal.hasOpenResources).toBe(false);
    journal.close("failed");
  });

  it("goes on where a crash has cut its last line short", async () => {
    const journal = await open();
    journal.intent("volume", volumeIntent);
    journal.close("failed");
    appendFileSync(journal.path, '{"type":"result","seq":1,"i');
    const run = await holdDeadRun(journal);
    if (run === undefined) throw new Error("The run counts as alive");
    const resumed = Journal.resume(run, options);
    resumed.intent("snapshot", { clientToken: "s" });
    resumed.close("failed");
    expect(readJournal(journal.path).resources.map(({ kind }) => kind)).toEqual(["volume", "snapshot"]);
  });
});

describe("Journal.announce()", () => {
  /** A disk whose fsync in another thread comes back when the test says so. */
  async function openWithFsyncs() {
    const fsyncs: PromiseWithResolvers[] = [];
    const syncAside = () => new Promise<void>((resolve, reject) => void fsyncs.push({ resolve, reject }));
    const journal = await Journal.create(join(state, "runs"), runHeader, {
      ...options,
      disk: journalDisk({ syncAside }),
    });
    return { journal, fsyncs };
  }
  interface PromiseWithResolvers {
    resolve(): void;
    reject(error: Error): void;
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it("comes back when the intent is on disk, and no sooner", async () => {
    const { journal, fsyncs } = await openWithFsyncs();
    let seq: number | undefined;
    const announced = journal.announce("volume", volumeIntent).then((number) => {
      seq = number;
    });
    await turn();
    expect(seq).toBeUndefined();
    expect(readFileSync(journal.path, "utf8")).toContain('"type":"intent"');
    fsyncs[0]?.resolve();
    await announced;
    expect(seq).toBe(1);
    journal.close("failed");
  });

  it("needs one fsync for all that came while another was under way", async () => {
    const { journal, fsyncs } = await openWithFsyncs();
    const first = journal.announce("volume", volumeIntent);
    await turn();
    const others = ["a", "b", "c"].map((clientToken) => journal.announce("snapshot", { clientToken }));
    fsyncs[0]?.resolve();
    expect(await first).toBe(1);
    await turn();
    expect(fsyncs).toHaveLength(2);
    fsyncs[1]?.resolve();
    expect(await Promise.all(others)).toEqual([2, 3, 4]);
    journal.close("failed");
  });

  it("takes back what the disk has refused, and goes on when it can", async () => {
    const { journal, fsyncs } = await openWithFsyncs();
    journal.sandbox({ pid: 2, mountPath: "/mnt/own" });
    const refused = journal.announce("volume", volumeIntent).catch((error: unknown) => error);
    await turn();
    fsyncs[0]?.reject(new Error("EIO: i/o error, fsync"));
    expect(await refused).toBeInstanceOf(JournalError);
    expect(journal.hasOpenResources).toBe(false);
    const announced = journal.announce("volume", volumeIntent);
    await turn();
    fsyncs[1]?.resolve();
    expect(await announced).toBe(2);
    journal.close("failed");
    expect(readJournal(journal.path)).toMatchObject({ sandbox: { pid: 2 }, resources: [{ seq: 2, kind: "volume" }] });
  });

  it("keeps the journal locked for as long as an fsync is under way", async () => {
    const { journal, fsyncs } = await openWithFsyncs();
    const announced = journal.announce("volume", volumeIntent);
    await turn();
    journal.close("failed");
    expect(await holdDeadRun(journal)).toBeUndefined();
    fsyncs[0]?.resolve();
    await announced;
    await turn();
    const run = await holdDeadRun(journal);
    if (run === undefined) throw new Error("The run counts as alive");
    Journal.resume(run, options).close("cleaned");
  });
});

describe("holdDeadRun()", () => {
  it("takes a run alive for as long as its journal is locked", async () => {
    const journal = await open();
    journal.intent("volume", volumeIntent);
    expect(await holdDeadRun(journal)).toBeUndefined();
    journal.close("failed");
    const run = await holdDeadRun(journal);
    if (run === undefined) throw new Error("The run counts as alive");
    Journal.resume(run, options).close("cleaned");
  });

  it("reads what the run has done since it was listed", async () => {
    const journal = await open();
    const [listed] = findRuns(state).runs;
    journal.intent("volume", volumeIntent);
    journal.close("failed");
    expect(listed?.record.resources).toEqual([]);
    const run = listed && (await holdDeadRun(listed));
    expect(run?.record.resources).toHaveLength(1);
    if (run) Journal.resume(run, options).close("cleaned");
  });

  it("has nothing to hold of a run that has ended", async () => {
    const journal = await open();
    journal.close("done");
    expect(existsSync(journal.path)).toBe(false);
    expect(await holdDeadRun(journal)).toBeUndefined();
  });
});

describe("Journal.create()", () => {
  it("leaves no journal that does not name its run", async () => {
    const folder = join(state, "runs");
    await expect(Journal.create(folder, { ...runHeader, deviceFolder: "dev" }, options)).rejects.toThrow(JournalError);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("writes one JSON object a line", async () => {
    const journal = await open();
    journal.intent("volume", volumeIntent);
    const lines = readFileSync(journal.path, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { type: "run", format: 1, ...runHeader },
      { type: "intent", seq: 1, kind: "volume", intent: volumeIntent },
    ]);
    journal.close("failed");
  });
});
