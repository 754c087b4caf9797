import { eachNoticeOnce, type OnNotice } from "../../outscale/tell-notices.ts";
import type { Io } from "../../terminal/io.ts";

/** Warns on standard error of how credentials were found: standard output may be for a program. */
export function noticeTeller({ stderr }: Pick<Io, "stderr">): OnNotice {
  return eachNoticeOnce((notice) => stderr.write(`Warning: ${notice}\n`));
}
