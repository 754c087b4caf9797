import type { Hook } from "../builder/hook.ts";
import type { Clock } from "../common/clock.ts";
import type { ProvisionerDefinition } from "../template/definition.ts";
import type { BuildIdentity } from "./provisioner.ts";

export interface TemplateHookOptions extends BuildIdentity {
  readonly provisioners: readonly ProvisionerDefinition[];
  readonly errorCleanupProvisioner: ProvisionerDefinition | undefined;
  /** `-debug`: waits for the return key before each provisioner. */
  readonly debug?: boolean;
  readonly clock?: Clock;
}

/** Runs a template's provisioners in their order, each with its `pause_before`, `timeout` and `max_retries`. */
export declare function templateHook(options: TemplateHookOptions): Hook;
