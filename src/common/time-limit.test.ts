import { EventEmitter, once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { timeLimit } from "./time-limit.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

it("fires at its time, also when nobody but who waits refers to it", async () => {
  const never = new AbortController();
  const nothing = once(new EventEmitter(), "news", { signal: timeLimit(200, never.signal).signal });
  collectGarbage();
  await expect(nothing).rejects.toMatchObject({ name: "AbortError" });
});

it("fires when somebody else's signal does, and not at its time any more", () => {
  const sooner = new AbortController();
  using limit = timeLimit(60_000, sooner.signal);
  expect(limit.signal.aborted).toBe(false);
  sooner.abort();
  expect(limit.signal.aborted).toBe(true);
  expect(limit.hasPassed).toBe(false);
});

it("says that its time has passed", async () => {
  using limit = timeLimit(1);
  if (!limit.signal.aborted) await once(limit.signal, "abort");
  expect(limit.hasPassed).toBe(true);
});

it("is what all of the program uses", () => {
  const root = new URL("..", import.meta.url).pathname;
  const sources = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) =>
    /(?<!\.test)\.ts$/.test(path),
  );
  expect(sources).toContain("index.ts");
  const users = sources.filter((path) => readFileSync(join(root, path), "utf8").includes("AbortSignal.timeout("));
  expect(users).toEqual([]);
});
