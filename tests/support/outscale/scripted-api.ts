import { type RegionCloud, RegionClouds } from "../../../src/builder/region-copy/region-clouds.ts";
import type { ReleaseContext } from "../../../src/builder/resource-kind.ts";
import type { Ui } from "../../../src/builder/ui.ts";
import type { Clock } from "../../../src/common/clock.ts";
import { noLog } from "../../../src/common/log.ts";
import { defaultWaiting } from "../../../src/config/default-waiting.ts";
import type { CommandRunner } from "../../../src/host/run-command.ts";
import type { Api } from "../../../src/outscale/api.ts";
import { createWaiters } from "../../../src/outscale/waiters.ts";
import { RecordingUi } from "../terminal/recording-ui.ts";

/** A clock whose sleeps are over at once; it remembers how long they would have been. */
export function jumpingClock(): Clock & { readonly slept: number[] } {
  let now = Date.parse("2026-01-01T12:00:00Z");
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
  };
}

export type Handlers = { readonly [Method in keyof Api]?: (request: never) => unknown };

/** An API that answers the given calls, records every call, and fails on any other. */
export function scriptedApi(handlers: Handlers): { readonly api: Api; readonly calls: [string, unknown][] } {
  const calls: [string, unknown][] = [];
  const api = new Proxy({} as Api, {
    get: (_target, name) => {
      if (typeof name !== "string") return undefined;
      return async (request: never) => {
        calls.push([name, request]);
        const handler = handlers[name as keyof Api];
        if (handler === undefined) throw new Error(`The test has no answer to ${name}`);
        return (handler as (request: never) => unknown)(request);
      };
    },
  });
  return { api, calls };
}

const noRunner: CommandRunner = {
  run: () => Promise.reject(new Error("A unit test runs no programs")),
  spawn: () => Promise.reject(new Error("A unit test runs no programs")),
};

/** A run of one region. */
export function noRegions(): RegionClouds {
  return new RegionClouds({
    accessTo: ({ region }) => Promise.reject(new Error(`This test has no ${region}`)),
    ...{ stateFolder: "/nonexistent", ui: new RecordingUi(), clock: jumpingClock(), log: noLog, env: {} },
    ...defaultWaiting,
  });
}

/** A run all of whose places are one account, of which a test needs only these parts. */
export function regionsAt(cloud: Partial<RegionCloud>): RegionClouds {
  return Object.assign(noRegions(), { at: async () => cloud });
}

/** What a release works with, over a scripted API. */
export function releaseContext(api: Api, ui: Ui = new RecordingUi()): ReleaseContext {
  const clock = jumpingClock();
  const { signal } = new AbortController();
  return {
    runId: "0123456789ab",
    api,
    waiters: createWaiters({ api, clock, ...defaultWaiting }),
    accountId: "123456789012",
    deviceFolder: "/nonexistent",
    regions: noRegions(),
    host: noRunner,
    ui,
    log: noLog,
    clock,
    signal,
    hurry: signal,
  };
}
