import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LogEntry } from "../common/log.ts";
import { WaitHistoryFile } from "./wait-history-file.ts";

let stateFolder: string;
let log: LogEntry[];

beforeEach(() => {
  stateFolder = mkdtempSync(join(tmpdir(), "waits-test-"));
  log = [];
});
afterEach(() => rmSync(stateFolder, { recursive: true }));

function open(accountId = "123456789012") {
  const write = (entry: LogEntry) => void log.push(entry);
  return WaitHistoryFile.open({ stateFolder, accountId, region: "eu-west-2", log: { write } });
}

async function learn(kind: string, ms: number, accountId?: string): Promise<void> {
  const file = await open(accountId);
  file.history.of(kind).learn(ms);
  await file.save();
}

const expected = async (kind: string, accountId?: string) => (await open(accountId)).history.of(kind);

describe("WaitHistoryFile", () => {
  it("tells the next build what this one has learnt, for each account", async () => {
    await learn("volume.linked", 1_500);
    await learn("volume.linked", 1_400);
    await learn("volume.linked", 9_000, "210987654321");
    expect(await expected("volume.linked")).toMatchObject({ expected: [1_400, 1_500], isLearnt: true });
    expect(await expected("volume.linked", "210987654321")).toMatchObject({ expected: [9_000], isLearnt: true });
    expect(await expected("volume.deleted")).toMatchObject({ isLearnt: false });
  });

  it("adds to what other builds have written meanwhile", async () => {
    const [one, other] = [await open(), await open()];
    one.history.of("volume.linked").learn(1);
    other.history.of("volume.linked").learn(2);
    await one.save();
    await other.save();
    expect((await expected("volume.linked")).expected).toEqual([1, 2]);
  });

  it("is for root's eyes, and writes nothing where nothing was learnt", async () => {
    await (await open()).save();
    expect(readdirSync(stateFolder)).toEqual([]);
    await learn("volume.linked", 1);
    expect(readdirSync(stateFolder)).toEqual(["waits.json"]);
    expect(statSync(join(stateFolder, "waits.json")).mode & 0o777).toBe(0o600);
  });

  it.each([
    ["no JSON", "{"],
    ["another format", '{"format":2,"accounts":{}}'],
    ["what is no time", '{"format":1,"accounts":{"eu-west-2/123456789012":{"volume.linked":[-1]}}}'],
    ["nothing", ""],
  ])("starts anew where the file has %s", async (_title, text) => {
    writeFileSync(join(stateFolder, "waits.json"), text);
    expect(await expected("volume.linked")).toMatchObject({ isLearnt: false });
    await learn("volume.linked", 7);
    expect((await expected("volume.linked")).expected).toEqual([7]);
  });

  it("does not fail a build when it cannot be written", async () => {
    mkdirSync(join(stateFolder, "waits.json"));
    await learn("volume.linked", 7);
    expect(log).toContainEqual({ kind: "note", message: expect.stringMatching(/^The times of waits were not kept/) });
  });

  it("stays small: kinds and accounts that were used last", async () => {
    for (let account = 0; account < 40; account++) await learn("volume.linked", account, `account-${account}`);
    const file = await open("account-39");
    for (let kind = 0; kind < 100; kind++) file.history.of(`kind-${kind}`).learn(1);
    await file.save();
    const { accounts } = JSON.parse(readFileSync(join(stateFolder, "waits.json"), "utf8"));
    expect(Object.keys(accounts)).toHaveLength(32);
    expect(Object.keys(accounts)).not.toContain("eu-west-2/account-0");
    expect(Object.keys(accounts["eu-west-2/account-39"])).toHaveLength(64);
  });
});
