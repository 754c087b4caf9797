import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KnownSchedules } from "./known-schedules.ts";

let folder: string;
let known: KnownSchedules;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "known-schedules-"));
  known = new KnownSchedules(join(folder, "schedules"));
});
afterEach(() => rm(folder, { recursive: true }));

const nightly = { name: "nightly", generation: 5, due: 1_000 };

describe("KnownSchedules", () => {
  it("has a schedule obeyed once for a time, also by the next process", async () => {
    await known.check(nightly);
    await known.note(nightly);
    known = new KnownSchedules(join(folder, "schedules"));
    await expect(known.check(nightly)).rejects.toThrow("obeyed for 1970-01-01T00:00:01.000Z before");
    await expect(known.check({ ...nightly, due: 999 })).rejects.toThrow("before");
    await known.check({ ...nightly, due: 1_001 });
    await known.check({ ...nightly, generation: 6, due: 1_000 });
  });

  it("has one that was removed or replaced obeyed no more", async () => {
    await known.forget("nightly", 5);
    await expect(known.check({ ...nightly, due: 5_000 })).rejects.toThrow("removed or replaced");
    await known.note({ ...nightly, generation: 7 });
    await expect(known.check({ ...nightly, generation: 6 })).rejects.toThrow("removed or replaced");
    // What is told late takes nothing back.
    await known.forget("nightly", 5);
    await expect(known.check({ ...nightly, generation: 7 })).rejects.toThrow("before");
  });

  it("refuses names that lead elsewhere, and what it cannot read", async () => {
    await expect(known.check({ ...nightly, name: "../x" })).rejects.toThrow("no name of a schedule");
    await known.note(nightly);
    await writeFile(join(folder, "schedules/nightly"), "{");
    await expect(known.check({ ...nightly, due: 2_000 })).rejects.toThrow("cannot be read");
  });

  it("keeps nothing of schedules that have long ended, and lets nobody else read", async () => {
    await known.note(nightly);
    await utimes(join(folder, "schedules/nightly"), 1, 1);
    await known.note({ ...nightly, name: "weekly" });
    expect(await readdir(join(folder, "schedules"))).toEqual(["weekly"]);
    expect((await stat(join(folder, "schedules/weekly"))).mode & 0o777).toBe(0o600);
  });
});
