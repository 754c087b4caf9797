import { UsageError } from "../common/errors.ts";
import type { BuildSettings, PreparedBuild } from "./prepare-builds.ts";

/**
 * Who gives a greatest age counts on builds to be skipped until then. That none ever is would show in the bill.
 * @throws {UsageError} when an age is given and none of the builds may be skipped
 */
export function refuseIdleMaxAge(builds: readonly PreparedBuild[], { maxAge }: BuildSettings): void {
  if (maxAge === undefined || builds.some(({ prepared }) => prepared.config.skipUnchanged)) return;
  throw new UsageError("-max-age (maxAge) has no effect, as none of the builds may be skipped", {
    hint: "Give -skip-unchanged (skipUnchanged: true), too, or set skip_unchanged = true in the template",
  });
}
