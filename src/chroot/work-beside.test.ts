import { expect, it } from "vitest";
import { WorkBeside } from "./work-beside.ts";

/** Work that lasts until it is ended, and tells of itself. */
function work(log: string[], name: string) {
  let settle: { resolve: () => void; reject: (error: Error) => void } | undefined;
  return {
    run: () => {
      log.push(name);
      return new Promise<void>((resolve, reject) => {
        settle = { resolve, reject };
      });
    },
    end: () => settle?.resolve(),
    fail: () => settle?.reject(new Error(name)),
  };
}

it("WorkBeside begins no more at a time than it may, and waits for all", async () => {
  const log: string[] = [];
  const beside = new WorkBeside(2);
  const [a, b, c] = [work(log, "a"), work(log, "b"), work(log, "c")] as const;
  await beside.begin(a.run);
  await beside.begin(b.run);
  const third = beside.begin(c.run);
  expect(log).toEqual(["a", "b"]);
  a.end();
  await third;
  expect(log).toEqual(["a", "b", "c"]);
  const idle = beside.idle().then(() => log.push("idle"));
  b.end();
  c.end();
  await idle;
  expect(log).toEqual(["a", "b", "c", "idle"]);
  beside.check();
});

it("WorkBeside keeps the first failure until it is asked for, and goes on meanwhile", async () => {
  const log: string[] = [];
  const beside = new WorkBeside(2);
  const [a, b] = [work(log, "a"), work(log, "b")] as const;
  await beside.begin(a.run);
  await beside.begin(b.run);
  b.fail();
  a.fail();
  await beside.idle();
  expect(() => beside.check()).toThrow("b");
});
