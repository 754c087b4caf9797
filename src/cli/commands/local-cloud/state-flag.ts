import { defaultCloudFolder } from "../../../bake/local-session.ts";
import type { Flags } from "../../flags.ts";

/** Every action has it. */
export const stateFlag = {
  state: { type: "string", value: "FOLDER", about: "where the cloud lies; OUTSCALE_CHROOT_LOCAL_CLOUD says so too" },
} as const satisfies Flags;

export const jsonFlag = { json: { type: "boolean", about: "prints JSON" } } as const satisfies Flags;

export function stateFolderOf(flags: { readonly state: string | undefined }, env: NodeJS.ProcessEnv): string {
  return flags.state ?? defaultCloudFolder(env);
}
