import { ConfigError } from "../common/errors.ts";
import { omiNameProblem } from "../config/omi-name.ts";
import type { Image } from "../outscale/oapi.ts";
import { renderPublic, sourceValues } from "./render-late.ts";
import type { Session } from "./session.ts";

/**
 * The new OMI's name, once what it may refer to is known.
 * @throws {ConfigError} when the service would not take it: better now than after all the work
 */
export function renderOmiName(
  session: Pick<Session, "config" | "region" | "renderContext"> & Partial<Pick<Session, "credentials">>,
  source: Image | undefined,
): string {
  const name = renderPublic(session, "omi_name", session.config.omiName, sourceValues(session.region, source));
  const problem = omiNameProblem(name);
  if (problem !== undefined) throw new ConfigError([{ option: "omi_name", message: problem }]);
  return name;
}
