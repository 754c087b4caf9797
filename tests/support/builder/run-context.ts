import type { RunHeader } from "../../../src/builder/journal/entry.ts";
import type { Journal } from "../../../src/builder/journal/journal.ts";
import type { RunContext } from "../../../src/builder/run-context.ts";
import { noLog } from "../../../src/common/log.ts";
import { defaultWaiting } from "../../../src/config/default-waiting.ts";
import type { CommandRunner } from "../../../src/host/run-command.ts";
import type { Api } from "../../../src/outscale/api.ts";
import { createWaiters } from "../../../src/outscale/waiters.ts";
import { jumpingClock, noRegions, scriptedApi } from "../outscale/scripted-api.ts";
import { RecordingUi } from "../terminal/recording-ui.ts";

export const runHeader: RunHeader = {
  runId: "0123456789ab",
  buildName: "web",
  startedAt: "2026-01-01T12:00:00.000Z",
  version: "0.0.0",
  pid: 1,
  endpoint: "http://127.0.0.1:1",
  region: "eu-west-2",
  accountId: "123456789012",
  profile: null,
  deviceFolder: "/dev",
  localCloud: null,
};

/** For what needs no programs: every one is an error. */
export const noRunner: CommandRunner = {
  run: (argv) => Promise.reject(new Error(`A unit test runs no programs: ${argv.join(" ")}`)),
  spawn: (argv) => Promise.reject(new Error(`A unit test runs no programs: ${argv.join(" ")}`)),
};

/** What scopes and releases work with, over an API that answers nothing, with a clock whose sleeps are over at once. */
export function runContext({
  api = scriptedApi({}).api,
  ...parts
}: Partial<RunContext> & { readonly journal: Journal; readonly api?: Api }): RunContext {
  const clock = parts.clock ?? jumpingClock();
  const { signal } = new AbortController();
  return {
    runId: runHeader.runId,
    accountId: runHeader.accountId,
    deviceFolder: "/nonexistent",
    api,
    waiters: createWaiters({ api, clock, ...defaultWaiting }),
    regions: noRegions(),
    host: noRunner,
    ui: new RecordingUi(),
    emit: () => undefined,
    log: noLog,
    clock,
    signal,
    hurry: signal,
    ...parts,
  };
}
