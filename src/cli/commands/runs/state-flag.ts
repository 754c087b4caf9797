import { engineSettings } from "../../../config/engine-settings.ts";
import type { Flags } from "../../flags.ts";

export const stateFlag = {
  state: { type: "string", value: "FOLDER", about: "the state folder; by default the one that builds use" },
} as const satisfies Flags;

export function stateFolderOf(flags: { readonly state: string | undefined }, env: NodeJS.ProcessEnv): string {
  return flags.state ?? engineSettings(env).stateFolder;
}
