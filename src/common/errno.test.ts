import { open, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { ignoreErrno, isErrno } from "./errno.ts";

const missing = () => readFile("/proc/self/no-such-file");

test("isErrno() knows the error of a system call by its name", async () => {
  const error = await missing().catch((cause: unknown) => cause);
  expect(isErrno(error, "ENOENT")).toBe(true);
  expect(isErrno(error, "EPERM", "ENOENT")).toBe(true);
  expect(isErrno(error, "EPERM")).toBe(false);
});

test.each([new Error("ENOENT"), { code: "ENOENT" }, "ENOENT", undefined])(
  "isErrno() takes nothing else: %o",
  (error) => {
    expect(isErrno(error, "ENOENT")).toBe(false);
  },
);

test("ignoreErrno() passes over what it names, and nothing else", async () => {
  await expect(missing().catch(ignoreErrno("ENOENT"))).resolves.toBeUndefined();
  await expect(open("/proc/self/status", "wx").catch(ignoreErrno("ENOENT"))).rejects.toThrow("EEXIST");
});
