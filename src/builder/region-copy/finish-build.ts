import type { Build } from "../build.ts";
import { copyWishOf } from "./copy-wish.ts";
import { finishCommand } from "./finish-command.ts";

/** The command that makes the copies that a build has not made. */
export function finishBuild({ config, localCloud }: Build, imageId: string, regions: readonly string[]): string {
  return finishCommand({ wish: copyWishOf(config), imageId, regions, localCloud });
}
