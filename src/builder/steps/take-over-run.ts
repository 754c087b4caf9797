import { ConfigError } from "../../common/errors.ts";
import type { Build } from "../build.ts";
import type { Base } from "../journal/entry.ts";
import type { RunRecord } from "../journal/read-journal.ts";
import { releaseRecorded } from "../release-recorded.ts";
import { step } from "../step.ts";
import type { SourceOmi } from "./check-root-device.ts";
import { baseOf, rootVolumeRequest } from "./create-volume.ts";
import { volumeOf } from "./take-over-volume.ts";
import type { BuilderVm } from "./vm-info.ts";

export interface TakeOverRunInput {
  readonly vm: BuilderVm;
  /** Undefined: from scratch. */
  readonly original: SourceOmi | undefined;
  /** The run to go on with. */
  readonly resumed: RunRecord;
}

/**
 * Takes down what a dead run has left besides its volume, as `cleanup` does it: mounts, its link, what was not published to
 * its end, so that the name of the OMI is free again. Nobody uses the volume any more then: it is linked and mounted anew.
 * @throws {ConfigError} when the template asks for another volume now; then nothing has been touched
 * @throws {LeftoverError} when something cannot be taken down
 */
export const takeOverRun = step(
  "StepTakeOverRun",
  async (build: Build, { vm, original, resumed }: TakeOverRunInput): Promise<void> => {
    const volume = volumeOf(resumed);
    const request = rootVolumeRequest(build.config, { subregionName: vm.subregionName, source: original });
    assertSameBase(resumed.base, baseOf(build, { vm, source: original, request }));
    build.ui.say(`Continuing with the volume ${volume.id}...`);
    const { deviceFolder } = resumed.header;
    for (const resource of resumed.resources.filter(({ seq }) => seq !== volume.seq).reverse()) {
      await releaseRecorded({ ...build, deviceFolder }, resource, resumed.writtenAt);
      build.journal.released(resource.seq);
    }
  },
);

/** @throws {ConfigError} that says of each option what it was */
function assertSameBase(was: Base | undefined, is: Base): void {
  if (was === undefined) return;
  const changed = Object.keys(is).filter((name) => (was[name] ?? null) !== is[name]);
  if (changed.length === 0) return;
  const problems = changed.map((option) => ({
    option,
    message: `was ${describe(was[option])} when the volume was made, and is ${describe(is[option])} now`,
  }));
  throw new ConfigError(problems, {
    hint: "The volume cannot become that any more: put it back, or clean the run up and build again",
  });
}

function describe(value: Base[string] | undefined): string {
  return value === null || value === undefined ? "not set" : JSON.stringify(value);
}
