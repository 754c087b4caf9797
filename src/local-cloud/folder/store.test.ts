import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fillDisk, reaches } from "../../../tests/support/local-cloud/full-disk.ts";
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

  it("writes nothing any more once it is closed", async () => {
    await store.close();
    store.violations.put(violation("a"));
    await expect(store.settled()).rejects.toThrow("The store is closed");
    await expect(store.settled()).rejects.toThrow("The store is closed");
    store = await Store.open(folder);
  });

  describe("on a disk that is full for a while", () => {
    const lost = () => idsOnDisk().then((ids) => ["a", "b", "c"].filter((id) => !ids.includes(id)));

    beforeEach(async () => {
      store.violations.put(violation("a"));
      await store.settled();
    });

    it.each(reaches)("tells it after %s, and goes on with the next change", async (reach) => {
      using full = await fillDisk(reach);
      store.violations.put(violation("b"));
      await expect(store.settled()).rejects.toThrow("cannot write to its disk");
      expect(String(store.failure)).toContain("ENOSPC");
      full[Symbol.dispose]();
      store.violations.put(violation("c"));
      await store.settled();
      expect([store.failure, await lost()]).toEqual([undefined, []]);
    });

    it.each(reaches)("goes on after %s when somebody asks whether all is written", async (reach) => {
      using full = await fillDisk(reach);
      store.violations.put(violation("b"));
      await expect(store.settled()).rejects.toThrow("cannot write to its disk");
      await expect(store.settled()).rejects.toThrow("cannot write to its disk");
      full[Symbol.dispose]();
      await store.settled();
      expect(await lost()).toEqual(["c"]);
    });

    it("has what was acknowledged, should it be killed meanwhile", async () => {
      using full = await fillDisk();
      store.violations.put(violation("b"));
      await expect(store.settled()).rejects.toThrow("cannot write to its disk");
      full[Symbol.dispose]();
      expect(await idsOnDisk()).toEqual(["a"]);
    });

    it.each([
      ["without what was told not to be written", false, ["b", "c"]],
      ["with everything, if there is room again", true, ["c"]],
    ])("closes all the same, %s", async (_what, hasRoom, expected) => {
      using full = await fillDisk();
      store.violations.put(violation("b"));
      await expect(store.settled()).rejects.toThrow("cannot write to its disk");
      if (hasRoom) full[Symbol.dispose]();
      await store.close();
      full[Symbol.dispose]();
      expect(await lost()).toEqual(expected);
    });
  });

  it("does not start on a journal that is damaged in the middle", async () => {
    await appendFile(join(folder, "journal.jsonl"), 'garbage\n{"line":1,"changes":[]}\n');
    await expect(Store.open(folder)).rejects.toThrow(SyntaxError);
  });
});
