import { checkTarget } from "../../builder/region-copy/check-target.ts";
import { openRegion } from "../../builder/region-copy/open-region.ts";
import type { RegionCloud, RegionClouds } from "../../builder/region-copy/region-clouds.ts";
import { ConfigError, type ConfigProblem, messageOf, UsageError } from "../../common/errors.ts";
import { isAuth } from "../../outscale/errors.ts";
import type { Image } from "../../outscale/oapi.ts";
import { resolveRegionAccess } from "../../outscale/region-access.ts";
import { type OnNotice, tellNotices } from "../../outscale/tell-notices.ts";

/** A region that is to get a copy. */
export interface TargetRegion {
  readonly region: string;
  /** A profile with the credentials of the account there; see docs/other-regions.md for what counts without one. */
  readonly profile?: string | undefined;
}

/** @throws {UsageError} for no region, one that is named twice, or the one that the OMI is in */
export function checkRegions(targets: readonly TargetRegion[], home: string): void {
  if (targets.length === 0) throw new UsageError("No region is named", { hint: "Give -to us-east-2, for example" });
  const names = targets.map(({ region }) => region);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`The region ${twice} is named twice`);
  if (names.includes(home)) throw new UsageError(`The OMI is in ${home} already: name another region`);
}

export interface OpenTargetsInput {
  readonly regions: RegionClouds;
  readonly targets: readonly TargetRegion[];
  /** The OMI's name there. */
  readonly name: string;
  readonly snapshots: number;
  /** OMIs of the accounts' own that have the name give way. */
  readonly isForced: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly onNotice: OnNotice;
  readonly signal: AbortSignal;
}

/** A region that can take the copy. */
export interface OpenedTarget {
  readonly cloud: RegionCloud;
  /** What has the name there, and is to give way. */
  readonly replaced: Image | undefined;
}

/**
 * Connects to every region, and sees whether it can take the copy. Changes nothing.
 * @throws {AuthError} when credentials are missing or refused, and nothing else is wrong
 * @throws {ConfigError} with everything that is wrong anywhere
 */
export async function openTargets(input: OpenTargetsInput): Promise<readonly OpenedTarget[]> {
  const { targets } = input;
  const opened = await Promise.all(targets.map((target) => openTarget(input, target)));
  const problems = opened.flatMap(({ problems }) => problems);
  const [refused, ...others] = opened.flatMap(({ refusal }) => refusal ?? []);
  if (refused !== undefined && others.length === 0 && problems.length === 1) throw refused;
  if (problems.length > 0) throw new ConfigError(problems);
  return opened.flatMap(({ target }) => target ?? []);
}

interface Opened {
  readonly target?: OpenedTarget;
  readonly problems: readonly ConfigProblem[];
  readonly refusal?: unknown;
}

async function openTarget(
  { regions, name, snapshots, isForced, env, onNotice, signal }: OpenTargetsInput,
  { region, profile }: TargetRegion,
): Promise<Opened> {
  try {
    const access = tellNotices(await resolveRegionAccess({ region, profile, env }), onNotice);
    const cloud = await openRegion({ regions, signal }, access);
    const ifTaken = "Choose another name, or replace it with -force";
    const { problems, replaced } = await checkTarget({ cloud, name, snapshots, ifTaken, isForced, signal });
    return { target: { cloud, replaced }, problems: problems.map((problem) => ({ option: region, ...problem })) };
  } catch (error) {
    if (!isAuth(error)) throw error;
    const hint = error instanceof Error && "hint" in error ? String(error.hint ?? "") : "";
    return { problems: [{ option: region, message: messageOf(error), ...(hint && { hint }) }], refusal: error };
  }
}
