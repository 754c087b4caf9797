import { defaultCloudFolder } from "../../../bake/local-session.ts";
import { localCloudRegion } from "../../../local-cloud/administer-cloud.ts";
import type { Flags } from "../../flags.ts";

/** Every action has it. */
export const stateFlag = {
  state: {
    type: "string",
    value: "FOLDER",
    about: "the folder of the cloud; OUTSCALE_CHROOT_LOCAL_CLOUD names it, too",
  },
  region: { type: "string", value: "NAME", about: "a region of the cloud; the first one by default" },
} as const satisfies Flags;

export const jsonFlag = { json: { type: "boolean", about: "prints JSON" } } as const satisfies Flags;

interface StateFlags {
  readonly state: string | undefined;
  readonly region?: string | undefined;
}

/** @throws {LocalCloudError} for a region that the folder does not have */
export async function stateFolderOf({ state, region }: StateFlags, env: NodeJS.ProcessEnv): Promise<string> {
  const folder = state ?? defaultCloudFolder(env);
  return region === undefined ? folder : localCloudRegion(folder, region);
}
