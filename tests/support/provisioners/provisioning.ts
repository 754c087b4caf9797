import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GeneratedData } from "../../../src/builder/hook.ts";
import { type Clock, systemClock } from "../../../src/common/clock.ts";
import type { ProvisionerDefinition } from "../../../src/definition/build-definition.ts";
import type { RawConfig } from "../../../src/definition/raw-value.ts";
import { renderOnce } from "../../../src/go-template/render.ts";
import { hostRunner } from "../../../src/host/run-command.ts";
import { makeTemporaryFolder } from "../../../src/host/temporary-folder.ts";
import { lateContextOf } from "../../../src/provisioners/late-values.ts";
import type { ProvisionerInput } from "../../../src/provisioners/provisioner.ts";
import { findProvisionerType } from "../../../src/provisioners/registry.ts";
import { RecordingUi } from "../terminal/recording-ui.ts";
import { FolderCommunicator } from "./folder-communicator.ts";

export const build = { buildName: "debian", buildType: "outscale-chroot" };

export const generatedData: GeneratedData = {
  ID: "vol-1a2b3c4d",
  ConnType: "chroot",
  Device: "/dev/xvdf",
  MountPath: "/mnt/image",
  BuildRegion: "eu-west-2",
  SourceOMI: "ami-1a2b3c4d",
  SourceOMIName: "Debian-12",
  SourceOMIOwner: "123456789012",
  SourceOMICreationDate: "2026-01-01T00:00:00.000Z",
  PackerRunUUID: "8a54b7a4-9c5f-4a5e-8d3a-0d4d7c5c1f00",
};

/** A folder that plays the image, and what provisioners see of it. */
export interface Bench extends AsyncDisposable {
  readonly folder: string;
  readonly ui: RecordingUi;
  readonly communicator: FolderCommunicator;
  readonly input: ProvisionerInput;
  /** Prepares a provisioner and runs it. */
  run(type: string, options: RawConfig, changes?: Partial<ProvisionerInput>): Promise<void>;
}

export async function makeBench(clock: Clock = systemClock): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), "provisioning-"));
  const ui = new RecordingUi();
  const communicator = new FolderCommunicator(folder);
  const context = lateContextOf(build, generatedData);
  const input: ProvisionerInput = {
    ui,
    communicator,
    data: generatedData,
    local: hostRunner(),
    shellWords: ["/bin/sh"],
    rootPath: folder,
    scriptFolder: folder,
    makeTemporaryFolder,
    workLog: { done: [], note: () => undefined },
    signal: new AbortController().signal,
    build,
    clock,
    render: (text, late) => renderOnce(text, { ...context, data: { ...generatedData, ...late } }),
  };
  return {
    folder,
    ui,
    communicator,
    input,
    run: async (type, options, changes = {}) => {
      const prepared = findProvisionerType(type).prepare(options, context);
      await prepared.run({ ...input, ...changes });
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A provisioner as a template would define it. */
export function define(
  type: string,
  options: RawConfig | ProvisionerDefinition["evaluate"],
  limits: Partial<ProvisionerDefinition> = {},
): ProvisionerDefinition {
  return {
    type,
    location: { file: "debian.pkr.hcl", line: 12, column: 3 },
    pauseBeforeMs: 0,
    timeoutMs: 0,
    maxRetries: 0,
    evaluate: typeof options === "function" ? options : () => options,
    show: () => ({}),
    ...limits,
  };
}

/** A clock that passes at once: `sleep` only moves it, and keeps how long it was asked for. */
export class InstantClock implements Clock {
  readonly sleeps: number[] = [];
  #now = 1_700_000_000_000;

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.sleeps.push(ms);
    this.#now += ms;
    return Promise.resolve();
  }
}
