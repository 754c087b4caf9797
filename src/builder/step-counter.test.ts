import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { StepName } from "./events.ts";
import { StepCounter, stepsOf } from "./step-counter.ts";

const plain = { fromScratch: false, skipCreateOmi: false, forceDeregister: false };

it.each([
  [plain, 24],
  [{ ...plain, fromScratch: true }, 21],
  [{ ...plain, skipCreateOmi: true }, 20],
  [{ ...plain, forceDeregister: true }, 28],
  [{ ...plain, isInspected: true }, 26],
  [{ ...plain, isResumed: true }, 25],
  [{ ...plain, generalise: true, imageCheck: { level: "warn" as const, allow: [] } }, 26],
  [{ ...plain, imageCheck: { level: "off" as const, allow: [] } }, 24],
])("stepsOf() %j are %i", (options, count) => {
  expect(stepsOf(options)).toHaveLength(count);
});

it("StepCounter counts on, and stays where a step is tried again", () => {
  const counter = new StepCounter(plain);
  const numbers = (["StepCheckAuth", "StepChrootProvision", "StepChrootProvision", "StepSnapshot"] as const).map(
    (step) => counter.enter(step).number,
  );
  expect(numbers).toEqual([1, 17, 17, 21]);
});

it("StepCounter counts both looks at the image", () => {
  const counter = new StepCounter({ ...plain, isInspected: true });
  const steps = ["StepInspectImage", "StepChrootProvision", "StepInspectImage", "StepBootCheck"] as const;
  expect(steps.map((step) => counter.enter(step).number)).toEqual([17, 18, 19, 20]);
});

it("StepCounter knows a registration from its rehearsal", () => {
  const counter = new StepCounter({ ...plain, forceDeregister: true });
  const enter = () => counter.enter("StepCreateOMI").number;
  const rehearsal = enter();
  counter.enter("StepDeregisterOMI");
  expect([rehearsal, enter()]).toEqual([22, 26]);
});

/** The compiler asks for every name. */
const every: Record<StepName, true> = {
  StepCheckAuth: true,
  StepPreValidate: true,
  StepCheckRegions: true,
  StepVmInfo: true,
  StepSourceOMIInfo: true,
  StepCheckRootDevice: true,
  StepSkipUnchanged: true,
  StepCopySourceOMI: true,
  StepCreateVolume: true,
  StepTakeOverRun: true,
  StepTakeOverVolume: true,
  StepFlock: true,
  StepPrepareDevice: true,
  StepLinkVolume: true,
  StepEarlyUnflock: true,
  StepPreMountCommands: true,
  StepMountDevice: true,
  StepPostMountCommands: true,
  StepMountExtra: true,
  StepCopyFiles: true,
  StepChrootProvision: true,
  StepGeneralise: true,
  StepInspectImage: true,
  StepImageCheck: true,
  StepBootCheck: true,
  StepEarlyCleanup: true,
  StepBootTest: true,
  StepSnapshot: true,
  StepDeregisterOMI: true,
  StepCreateOMI: true,
  StepUpdateOMIAttributes: true,
  StepCreateTags: true,
  StepCopyRegions: true,
};

it("stepsOf() has every step for some options, and the page about a build tells of each", () => {
  const all = { generalise: true, imageCheck: { level: "warn" as const, allow: [] }, targetRegions: ["us-east-2"] };
  const more = { ...plain, ...all, forceDeregister: true, skipUnchanged: true, isInspected: true };
  const steps = new Set([...stepsOf(more), ...stepsOf({ ...more, isResumed: true })]);
  const page = readFileSync("docs/how-a-build-works.md", "utf8");
  const told = [...page.matchAll(/^\| (Step\w+) \|/gm)].flatMap(([, name]) => name ?? []);
  const names = Object.keys(every).sort();
  expect([...steps].sort()).toEqual(names);
  expect([...new Set(told)].sort()).toEqual(names);
});
