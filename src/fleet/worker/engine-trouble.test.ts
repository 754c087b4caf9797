import { expect, it } from "vitest";
import { isNews } from "./engine-trouble.ts";

const error = (message: string, code?: unknown) => Object.assign(new Error(message), { code });

it.each([
  [false, error("Missing lock for job 1. moveToFinished", -2)],
  [false, error("Lock mismatch for job 1. Cmd moveToFinished from active", -6)],
  [false, error("Missing key for job 1. moveToFinished", -1)],
  [false, error("could not renew lock for job 1")],
  [false, error("connect EHOSTUNREACH 198.18.0.2:6379", "EHOSTUNREACH")],
  [false, error("read ETIMEDOUT", "ETIMEDOUT")],
  [false, error("Socket timeout. Expecting data, but didn't receive any in 30000ms.")],
  [false, error("Connection is closed.")],
  [true, error("OOM command not allowed when used memory > 'maxmemory'.")],
  [true, error("NOPERM this user has no permissions to run the 'info' command", "NOPERM")],
  [true, error("Job 1 has pending dependencies. moveToFinished", -4)],
])("isNews() is %s for %s", (isIt, given) => {
  expect(isNews(given)).toBe(isIt);
});
