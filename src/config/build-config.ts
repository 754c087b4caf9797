import type { ChrootMount } from "../chroot/image-mounts.ts";
import type { Isolation } from "../chroot/sandbox.ts";
import type { EngineSettings } from "./engine-settings.ts";
import type { StepOptions } from "./schema.ts";
import type { SourceFilter } from "./source-filter.ts";

type Camel<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;

/** A schema's output with camelCase keys, deeply readonly, and every key there. */
export type CamelCased<Value> = Value extends readonly unknown[]
  ? { readonly [Index in keyof Value]: CamelCased<Value[Index]> }
  : Value extends object
    ? { readonly [Key in keyof Value as Key extends string ? Camel<Key> : never]-?: CamelCased<Value[Key]> }
    : Value;

/**
 * One validated build: every option in camelCase with its default, durations in milliseconds, sizes in GiB.
 *
 * Options that are rendered late stay templates here: `omiName`, `omiDescription`, `snapshotDescription`, `tags`,
 * `snapshotTags`, `rootVolumeTags`, `mountPath`, `preMountCommands`, `postMountCommands` and `commandWrapper`. Their
 * syntax and the fields they use have been checked.
 */
export interface BuildConfig extends CamelCased<StepOptions>, EngineSettings {
  /** `source_omi_filter`, as requests can be made of it. */
  readonly sourceFilter: SourceFilter | undefined;
  /** Everybody may launch the OMI: `global_permission`, or `all` among `omi_groups`. */
  readonly omiIsPublic: boolean;
  /** Everybody may create volumes from the root snapshot: `all` among `snapshot_groups`. */
  readonly snapshotIsPublic: boolean;
  /** The regions of `omi_regions` besides the account's own, each once. */
  readonly targetRegions: readonly string[];
  readonly isolation: Isolation;
  /** As given; empty means what this machine has by default: `chosenChrootMounts()`. */
  readonly chrootMounts: readonly ChrootMount[];
  readonly copyFiles: readonly string[];
}

/** What a failed build does. */
export type OnError = BuildConfig["packerOnError"];
/** One entry of `omi_block_device_mappings`; what is undefined is the source OMI's, or the service's default. */
export type BlockDeviceMapping = BuildConfig["omiBlockDeviceMappings"][number];
