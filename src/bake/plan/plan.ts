import type { StepName } from "../../builder/events.ts";
import type { ActionName } from "../../outscale/oapi.ts";
import type { SinceLast } from "../unchanged/since-last.ts";
import type { PlanData } from "./plan-data.ts";

/** What a build would do. Texts in angle brackets stand for what is not known yet. */
export interface Plan {
  /** The build's name, as the template has it. */
  readonly build: string;
  readonly region: string;
  /** Undefined when the plan was made without looking into the account. */
  readonly accountId: string | undefined;
  /** With `skip_unchanged`: what has changed since the last run on this machine; undefined where there is no record of one. */
  readonly since: SinceLast | undefined;
  /** In the order of the build. */
  readonly steps: readonly PlannedStep[];
  readonly resources: readonly PlannedResource[];
  readonly postProcessors: readonly (readonly PlannedComponent[])[];
  /** What only the account can tell; empty when it was asked. */
  readonly toBeRead: readonly string[];
  readonly warnings: readonly string[];
}

export interface PlannedStep {
  readonly step: StepName;
  /** In sentences. */
  readonly does: readonly string[];
  readonly requests: readonly PlannedRequest[];
  readonly provisioners?: readonly PlannedComponent[];
}

/** A call of the API, as far as it is known. */
export interface PlannedRequest {
  readonly action: ActionName;
  readonly request: PlanData;
}

/** A provisioner or post-processor with its options, resolved. */
export interface PlannedComponent {
  /** `shell (web.pkr.hcl:12)` */
  readonly title: string;
  readonly options: PlanData;
}

/** Something that the build makes or removes. */
export interface PlannedResource {
  readonly kind: "volume" | "link" | "snapshot" | "OMI" | "OMI copy" | "bucket" | "objects";
  readonly what: string;
  /** What becomes of it. */
  readonly fate: string;
}

/** A step that sends nothing, or nothing worth telling. */
export function planned(
  step: StepName,
  does: readonly string[],
  requests: readonly PlannedRequest[] = [],
): PlannedStep {
  return { step, does: does.length > 0 ? does : ["nothing to do"], requests };
}
