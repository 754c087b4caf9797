import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { ProvisionError } from "../common/errors.ts";
import type { ExitStatus } from "../host/command-error.ts";
import type { RemoteCommand } from "./communicator.ts";
import { StderrTail, throwIfFailed } from "./failed-command.ts";

const exit = (code: number): ExitStatus => ({ code, signal: null });
const killed: ExitStatus = { code: null, signal: "SIGKILL" };

describe("throwIfFailed()", () => {
  it.each<[ExitStatus, RemoteCommand["okExitCodes"]]>([
    [exit(0), undefined],
    [exit(3), [0, 3]],
    [exit(7), "any"],
    [killed, "any"],
  ])("takes %j when %j is fine", (status, okExitCodes) => {
    expect(() => throwIfFailed({ command: "true", okExitCodes }, status, "")).not.toThrow();
  });

  it.each<[ExitStatus, RemoteCommand["okExitCodes"], string]>([
    [exit(1), undefined, '"false" failed in the image: exit code 1: no such file'],
    [exit(0), [3], '"false" failed in the image: exit code 0: no such file'],
    [killed, [0], '"false" failed in the image: signal SIGKILL: no such file'],
  ])("refuses %j when %j is fine", (status, okExitCodes, message) => {
    const check = () => throwIfFailed({ command: "false", okExitCodes }, status, "no such file");
    expect(check).toThrow(ProvisionError);
    expect(check).toThrow(message);
  });
});

it("StderrTail keeps the end of a long text", async () => {
  const tail = new StderrTail();
  tail.write(`${"x".repeat(10_000)}\n`);
  tail.end("the end\n");
  await once(tail, "finish");
  expect(tail.text).toMatch(/^x+\nthe end$/);
  expect(tail.text.length).toBeLessThan(5_000);
});
