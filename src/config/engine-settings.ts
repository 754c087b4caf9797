import { join } from "node:path";

/** Where the engine finds things on this machine. Programs and tests change them; builds need not. */
export interface EngineSettings {
  /** The base URL of the metadata service. */
  readonly metadataEndpoint: string;
  /** The VM that this builds on, when it is told and need not be asked for. */
  readonly vmId: string | undefined;
  /** Where device names and `disk/by-id` links are looked up: `/dev`, or the links folder of a local cloud. */
  readonly deviceFolder: string;
  /** Where the journals of builds lie, in `runs/`, and what no journal knows, in {@link temporaryFolder}. */
  readonly stateFolder: string;
  /** Where builds make their links to devices: gone after a reboot, unless the state has a place of its own. */
  readonly linkFolder: string;
}

/** The environment, as far as anything here reads it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The engine's settings as the environment gives them, with their defaults.
 * An option of the template (`metadata_endpoint`, `vm_id`) wins over these.
 */
export function engineSettings(env: Environment): EngineSettings {
  return {
    metadataEndpoint: env.OUTSCALE_CHROOT_METADATA_ENDPOINT || "http://169.254.169.254",
    vmId: env.OUTSCALE_CHROOT_VM_ID || undefined,
    deviceFolder: env.OUTSCALE_CHROOT_DEVICE_FOLDER || "/dev",
    stateFolder: env.OUTSCALE_CHROOT_STATE || "/var/lib/outscale-chroot",
    linkFolder: env.OUTSCALE_CHROOT_STATE ? join(env.OUTSCALE_CHROOT_STATE, "links") : "/run/outscale-chroot",
  };
}

/** Where files lie that no build has in its journal, as long as they are used. */
export function temporaryFolder(stateFolder: string): string {
  return join(stateFolder, "temporary");
}
