import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Violation } from "../records.ts";
import { Store } from "./store.ts";

const violation = (id: string): Violation => ({ id, at: "", action: "UnlinkVolume", volumeId: "vol-1", details: "" });

describe("Store", () => {
  let folder: string;
  let store: Store;
  const idsOnDisk = async () => {
    const other = await Store.open(folder);
    await other.close();
    return other.violations.values().map(({ id }) => id);
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "store-"));
    store = await Store.open(folder);
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  it("has on the disk, once settled, what was put and deleted", async () => {
    store.violations.put(violation("a"));
    store.violations.put(violation("b"));
    store.violations.delete("a");
    await store.settled();
    expect(await readFile(join(folder, "journal.jsonl"), "utf8")).toContain('"b"');
    expect(await idsOnDisk()).toEqual(["b"]);
  });

  it("writes what one turn changes as one line, so that it is there as a whole or not at all", async () => {
    store.violations.put(violation("a"));
    store.violations.put(violation("b"));
    await store.settled();
    const journal = await readFile(join(folder, "journal.jsonl"), "utf8");
    expect(journal.split("\n")).toHaveLength(2);
    // Cut anywhere inside the line, nothing of it counts.
    for (const length of [1, journal.length / 2, journal.length - 1]) {
      await writeFile(join(folder, "journal.jsonl"), journal.slice(0, length));
      expect(await idsOnDisk()).toEqual([]);
    }
  });

  it("ignores lines that are in the base already, as a kill between base and journal leaves them", async () => {
    store.violations.put(violation("a"));
    await store.settled();
    const old = await readFile(join(folder, "journal.jsonl"), "utf8");
    store.violations.delete("a");
    await store.settled();
    await store.close();
    store = await Store.open(folder);
    await writeFile(join(folder, "journal.jsonl"), old);
    expect(await idsOnDisk()).toEqual([]);
  });

  it("folds a long journal into the base and goes on", async () => {
    for (let turn = 0; turn < 2_005; turn++) {
      store.violations.put(violation(`v${turn % 7}`));
      await store.settled();
    }
    expect((await readFile(join(folder, "journal.jsonl"), "utf8")).split("\n").length).toBeLessThan(20);
    expect(await idsOnDisk()).toHaveLength(7);
  });

  it("stops for good when a change cannot be written", async () => {
    await store.close();
    store.violations.put(violation("a"));
    await expect(store.settled()).rejects.toThrow("The store is closed");
    await expect(store.settled()).rejects.toThrow("The store is closed");
    store = await Store.open(folder);
  });

  it("does not start on a journal that is damaged in the middle", async () => {
    await appendFile(join(folder, "journal.jsonl"), 'garbage\n{"line":1,"changes":[]}\n');
    await expect(Store.open(folder)).rejects.toThrow(SyntaxError);
  });
});
