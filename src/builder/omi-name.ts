import { ConfigError } from "../common/errors.ts";
import { omiNameProblem } from "../config/omi-name.ts";
import type { Image } from "../outscale/oapi.ts";
import type { Build } from "./build.ts";
import { renderLate, sourceValues } from "./late-values.ts";

/**
 * The new OMI's name, once what it may refer to is known.
 * @throws {ConfigError} when the service would not take it: better now than after all the work
 */
export function renderOmiName(
  build: Pick<Build, "config" | "region" | "renderContext">,
  source: Image | undefined,
): string {
  const name = renderLate(build, build.config.omiName, sourceValues(build.region, source));
  const problem = omiNameProblem(name);
  if (problem !== undefined) throw new ConfigError([{ option: "omi_name", message: problem }]);
  return name;
}

const LONGEST_NAME = 128;

/** The name under which a replacement is rehearsed. */
export function rehearsalName(omiName: string, runId: string): string {
  return `${omiName.slice(0, LONGEST_NAME - runId.length - 1)}-${runId}`;
}
