import { appendFileSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { noLog } from "../common/log.ts";
import { secrets } from "../common/secrets.ts";
import { Journal, type RunHeader, readJournal } from "./journal.ts";
import { listRuns, lockDeadRun } from "./runs.ts";

const header: RunHeader = {
  runId: "0123456789ab",
  buildName: "outscale-chroot.web",
  startedAt: "2026-01-01T12:00:00.000Z",
  version: "0.0.0",
  pid: 1,
  endpoint: "https://api.eu-west-2.outscale.com/api/v1",
  region: "eu-west-2",
  accountId: "123456789012",
  profile: null,
  deviceFolder: "/dev",
  localCloud: null,
};

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "journal-"));
});
afterEach(() => rmSync(state, { recursive: true }));

const open = () => Journal.create(join(state, "runs"), header, noLog);

describe("Journal", () => {
  it("is readable by its owner alone, and so is its folder", async () => {
    const journal = await open();
    expect(statSync(join(state, "runs")).mode & 0o777).toBe(0o700);
    expect(statSync(journal.path).mode & 0o777).toBe(0o600);
    journal.close("done");
  });

  it("is gone when nothing is left to clean up", async () => {
    const journal = await open();
    const seq = journal.intent("volume", { clientToken: "t" });
    journal.result(seq, "vol-1");
    journal.released(seq);
    journal.close("failed");
    expect(existsSync(journal.path)).toBe(false);
  });

  it("stays while something may exist, and tells what", async () => {
    const journal = await open();
    const volume = journal.intent("volume", { clientToken: "t" });
    journal.result(volume, "vol-1");
    journal.facts(volume, { device: "/dev/loop0" });
    journal.intent("link", { volumeId: "vol-1" });
    journal.close("failed");
    const record = readJournal(journal.path);
    expect(record).toMatchObject({ header, outcome: "failed", lastSeq: 2 });
    expect(record?.resources).toEqual([
      { seq: 1, kind: "volume", intent: { clientToken: "t" }, id: "vol-1", facts: { device: "/dev/loop0" } },
      { seq: 2, kind: "link", intent: { volumeId: "vol-1" }, id: undefined, facts: {} },
    ]);
  });

  it("says of several things at once that they are the product", async () => {
    const journal = await open();
    const seqs = ["snapshot", "image"].map((kind) => journal.intent(kind, {}));
    journal.intent("volume", {});
    journal.kept(seqs);
    journal.close("done");
    expect(readJournal(journal.path)?.resources.map(({ kind }) => kind)).toEqual(["volume"]);
  });

  it("never holds a registered secret", async () => {
    secrets.add("Tr0ub4dor&3");
    const journal = await open();
    journal.intent("volume", { clientToken: "Tr0ub4dor&3" });
    journal.close("failed");
    expect(JSON.stringify(readJournal(journal.path))).not.toContain("Tr0ub4dor");
  });
});

describe("readJournal()", () => {
  it("passes over a last line that a crash has cut short", async () => {
    const journal = await open();
    journal.intent("volume", { clientToken: "t" });
    appendFileSync(journal.path, '{"type":"result","seq":1,"i');
    expect(readJournal(journal.path)?.resources).toMatchObject([{ kind: "volume", id: undefined }]);
    journal.close("failed");
  });
});

describe("lockDeadRun()", () => {
  it("takes a run alive for as long as its journal is locked", async () => {
    const journal = await open();
    journal.intent("volume", {});
    const [run] = listRuns(state);
    if (run === undefined) throw new Error("The run is not listed");
    expect(await lockDeadRun(run)).toBeUndefined();
    journal.close("failed");
    const fd = await lockDeadRun(run);
    expect(fd).toBeTypeOf("number");
    if (fd !== undefined) Journal.resume(run.path, fd, run.record, noLog).detach();
  });
});
