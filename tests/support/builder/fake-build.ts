import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Build, startBuild } from "../../../src/builder/build.ts";
import { Builder } from "../../../src/builder/builder.ts";
import { CurrentStep } from "../../../src/builder/current-step.ts";
import type { BuildEvent } from "../../../src/builder/events.ts";
import type { Hook } from "../../../src/builder/hook.ts";
import { type JournalEntry, parseEntry } from "../../../src/builder/journal/entry.ts";
import { Journal } from "../../../src/builder/journal/journal.ts";
import { KeptVolume } from "../../../src/builder/kept-volume.ts";
import type { Scope } from "../../../src/builder/scope.ts";
import { StepCounter } from "../../../src/builder/step-counter.ts";
import type { Clock } from "../../../src/common/clock.ts";
import { noLog } from "../../../src/common/log.ts";
import { defaultWaiting } from "../../../src/config/default-waiting.ts";
import type { RawValue } from "../../../src/definition/raw-value.ts";
import type { CommandRunner } from "../../../src/host/run-command.ts";
import { createWaiters } from "../../../src/outscale/waiters.ts";
import { type Handlers, jumpingClock, noRegions, scriptedApi } from "../outscale/scripted-api.ts";
import { RecordingUi } from "../terminal/recording-ui.ts";
import { noRunner, runHeader } from "./run-context.ts";

/** A build over an API that answers by script, with a real journal and real scopes in a folder of its own. */
export interface FakeBuild extends AsyncDisposable {
  readonly build: Build;
  /** A scope that holds what the step acquires. */
  readonly scope: Scope;
  readonly ui: RecordingUi;
  readonly events: readonly BuildEvent[];
  /** Every API call: its name and its request. */
  readonly calls: readonly [string, unknown][];
  readonly controller: AbortController;
  readonly folder: string;
  /** What the journal says, without the line that names the run. */
  entries(): JournalEntry[];
  /** The messages of warning events. */
  warnings(): string[];
}

export interface FakeBuildOptions {
  /** Options of the template, besides `source_omi` and `omi_name`, which `undefined` takes out. */
  readonly config?: Readonly<Record<string, RawValue | undefined>>;
  readonly api?: Handlers;
  readonly hook?: Hook;
  readonly host?: CommandRunner;
  readonly clock?: Clock;
  /** Read as the engine's settings. */
  readonly env?: NodeJS.ProcessEnv;
}

const idle: Hook = { provision: async () => undefined };

export async function fakeBuild(options: FakeBuildOptions = {}): Promise<FakeBuild> {
  const folder = mkdtempSync(join(tmpdir(), "fake-build-"));
  const deviceFolder = join(folder, "machine/dev");
  mkdirSync(deviceFolder, { recursive: true, mode: 0o700 });
  const places = { OUTSCALE_CHROOT_STATE: folder, OUTSCALE_CHROOT_DEVICE_FOLDER: deviceFolder };
  const env = { OSC_REGION: "eu-west-2", ...places, ...options.env };
  const builder = new Builder({ env });
  const config = { source_omi: "ami-0a1b2c3d", omi_name: "web", ...options.config };
  const given = Object.entries(config).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const prepared = builder.prepare(Object.fromEntries(given));
  const ui = new RecordingUi();
  const events: BuildEvent[] = [];
  const controller = new AbortController();
  const clock = options.clock ?? jumpingClock();
  const { api, calls } = scriptedApi({ createTags: () => ({}), deleteTags: () => ({}), ...options.api });
  const journal = await Journal.create(join(folder, "runs"), runHeader, {
    log: noLog,
    onTrouble: (text) => ui.warn(text),
  });
  const session = {
    runId: runHeader.runId,
    runUuid: "8a54b7a4-9c5f-4a5e-8d3a-0d4d7c5c1f00",
    config: prepared.config,
    renderContext: prepared.renderContext,
    accessKeys: [],
    credentials: ["SECRETKEYOFTHETEST"],
    api,
    region: "eu-west-2",
    targets: [],
    localCloud: undefined,
    ui,
    emit: (event: BuildEvent) => void events.push(event),
    log: noLog,
    clock,
    signal: controller.signal,
    hurry: new AbortController().signal,
    regions: noRegions(),
    host: options.host ?? noRunner,
    hook: options.hook ?? idle,
    currentStep: new CurrentStep(),
    stepCounter: new StepCounter(prepared.config),
    keptVolume: new KeptVolume({ onError: prepared.config.packerOnError }),
  };
  const waiters = createWaiters({ api, clock, ...defaultWaiting });
  const build = startBuild(session, { accountId: runHeader.accountId, journal, waiters });
  return {
    build,
    scope: build.scope("test", { onFailure: "throw" }),
    ui,
    events,
    calls,
    controller,
    folder,
    entries: () => readFileSync(journal.path, "utf8").trimEnd().split("\n").slice(1).map(parseEntry),
    warnings: () => events.flatMap((event) => (event.type === "warning" ? [event.message] : [])),
    [Symbol.asyncDispose]: async () => {
      journal.close("done");
      rmSync(folder, { recursive: true });
    },
  };
}
