import type { BuildConfig } from "../config/build-config.ts";
import type { StepName } from "./events.ts";

/** What a build announces a step as: the `number`th of `count`. */
export interface StepPosition {
  readonly number: number;
  readonly count: number;
}

interface RecipeOptions
  extends Pick<BuildConfig, "fromScratch" | "skipCreateOmi" | "forceDeregister">,
    Partial<Pick<BuildConfig, "generalise" | "imageCheck" | "targetRegions">> {
  readonly skipUnchanged?: boolean;
  /** Whether somebody looks at what is in the image. */
  readonly isInspected?: boolean;
  /** Whether the run goes on with the volume that it has. */
  readonly isResumed?: boolean;
}

const SOURCE: readonly StepName[] = ["StepSourceOMIInfo", "StepCheckRootDevice"];
const BEFORE: readonly StepName[] = [
  "StepFlock",
  "StepPrepareDevice",
  "StepLinkVolume",
  "StepEarlyUnflock",
  "StepPreMountCommands",
  "StepMountDevice",
  "StepPostMountCommands",
  "StepMountExtra",
  "StepCopyFiles",
];
const AFTER: readonly StepName[] = ["StepBootCheck", "StepEarlyCleanup", "StepBootTest"];
const REGISTRATION: readonly StepName[] = ["StepCreateOMI", "StepUpdateOMIAttributes", "StepCreateTags"];

/** The steps that these options ask for, in the order of `run-recipe.ts`; a replacement is rehearsed. */
export function stepsOf(options: RecipeOptions): readonly StepName[] {
  const { fromScratch, skipCreateOmi, forceDeregister, isInspected = false, isResumed = false } = options;
  const { generalise = false, imageCheck, targetRegions = [] } = options;
  const isCopied = targetRegions.length > 0 && !skipCreateOmi;
  const inspection: readonly StepName[] = isInspected ? ["StepInspectImage"] : [];
  const rehearsal: readonly StepName[] = forceDeregister ? [...REGISTRATION, "StepDeregisterOMI"] : [];
  return [
    "StepCheckAuth",
    "StepVmInfo",
    ...(fromScratch ? [] : SOURCE),
    ...(options.skipUnchanged && !isResumed ? (["StepSkipUnchanged"] as const) : []),
    ...(isResumed ? (["StepTakeOverRun"] as const) : []),
    "StepPreValidate",
    ...(isCopied ? (["StepCheckRegions"] as const) : []),
    ...(fromScratch ? [] : (["StepCopySourceOMI"] as const)),
    isResumed ? "StepTakeOverVolume" : "StepCreateVolume",
    ...BEFORE,
    ...inspection,
    "StepChrootProvision",
    ...(generalise ? (["StepGeneralise"] as const) : []),
    ...inspection,
    ...((imageCheck?.level ?? "off") === "off" ? [] : (["StepImageCheck"] as const)),
    ...AFTER,
    ...(skipCreateOmi ? [] : (["StepSnapshot", ...rehearsal, ...REGISTRATION] as const)),
    ...(isCopied ? (["StepCopyRegions"] as const) : []),
  ];
}

/** Knows how far a build is. */
export class StepCounter {
  readonly #steps: readonly StepName[];
  #number = 0;

  constructor(options: RecipeOptions) {
    this.#steps = stepsOf(options);
  }

  /** The position of the step that begins now: the next of its name, or the current one, tried again. */
  enter(step: StepName): StepPosition {
    const count = this.#steps.length;
    if (this.#steps[this.#number - 1] === step) return { number: this.#number, count };
    const next = this.#steps.indexOf(step, this.#number);
    if (next >= 0) this.#number = next + 1;
    return { number: this.#number, count };
  }
}
