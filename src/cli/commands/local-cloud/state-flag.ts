import { defaultCloudFolder } from "../../../bake/local-session.ts";
import type { Flags } from "../../flags.ts";

/** Every action has it. */
export const stateFlag = {
  state: {
    type: "string",
    value: "FOLDER",
    about: "the folder of the cloud; OUTSCALE_CHROOT_LOCAL_CLOUD names it, too",
  },
} as const satisfies Flags;

export const jsonFlag = { json: { type: "boolean", about: "prints JSON" } } as const satisfies Flags;

export function stateFolderOf(flags: { readonly state: string | undefined }, env: NodeJS.ProcessEnv): string {
  return flags.state ?? defaultCloudFolder(env);
}
