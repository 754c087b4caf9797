import { ConfigError, type ConfigProblem } from "../../common/errors.ts";
import { isAuth } from "../../outscale/errors.ts";
import type { Image } from "../../outscale/oapi.ts";
import { findOwnImage } from "../resources/image.ts";
import type { TransferMethod } from "./export-image.ts";
import type { RegionCloud } from "./region-clouds.ts";

/** What of a region is asked. */
type AskedCloud = Pick<RegionCloud, "api" | "place">;

export interface CheckTargetInput {
  readonly cloud: AskedCloud;
  /** The OMI's name there. */
  readonly name: string;
  /** How many snapshots it will have. */
  readonly snapshots: number;
  /** What can be done when an OMI of the account's own has the name, by whoever asks: a sentence. */
  readonly ifTaken: string;
  /** An OMI of the account's own that has the name gives way. */
  readonly isForced?: boolean | undefined;
  readonly signal: AbortSignal;
}

export interface CheckedTarget {
  readonly problems: readonly Omit<ConfigProblem, "option">[];
  /** What has the name there, and is to give way. */
  readonly replaced: Image | undefined;
}

/** What keeps a region from taking a copy, as far as can be seen before: the name is taken, or there is no room. */
export async function checkTarget(input: CheckTargetInput): Promise<CheckedTarget> {
  const { cloud, name, snapshots, ifTaken, isForced = false, signal } = input;
  const { api, place } = cloud;
  const taken = await findOwnImage({ api, accountId: place.accountId, signal }, name);
  const used = await quotaProblem(cloud, { quota: "snapshot_limit", more: snapshots, signal });
  if (taken === undefined || isForced) return { problems: used, replaced: taken };
  const message = `the account ${place.accountId} already has an OMI named "${name}" in ${place.region}: ${taken.ImageId}`;
  return { problems: [{ message, hint: ifTaken }, ...used], replaced: undefined };
}

interface Refused {
  /** What a refusal is about, in the words of whoever is asked to mend it. */
  readonly option: string;
  readonly signal: AbortSignal;
}

/** @throws {ConfigError} with what keeps a region from taking a copy, see {@link checkTarget} */
export async function requireTarget({ option, ...input }: CheckTargetInput & Refused): Promise<void> {
  refuse((await checkTarget(input)).problems, option);
}

/** @throws {ConfigError} when there is no room for more snapshots */
export async function requireRoom(
  cloud: AskedCloud,
  { snapshots, option, signal }: Refused & { readonly snapshots: number },
): Promise<void> {
  refuse(await quotaProblem(cloud, { quota: "snapshot_limit", more: snapshots, signal }), option);
}

/** @throws {ConfigError} with what keeps the region of an image from exporting it */
export async function requireExport(
  cloud: AskedCloud,
  { snapshots, method, option, signal }: Refused & { readonly snapshots: number; readonly method: TransferMethod },
): Promise<void> {
  const [quota, more] =
    method === "image" ? (["image_export_limit", 1] as const) : (["snapshot_export_limit", snapshots] as const);
  refuse(await quotaProblem(cloud, { quota, more, signal }), option);
}

function refuse(problems: readonly Omit<ConfigProblem, "option">[], option: string): void {
  if (problems.length > 0) throw new ConfigError(problems.map((problem) => ({ option, ...problem })));
}

interface QuotaQuestion {
  readonly quota: string;
  readonly more: number;
  readonly signal: AbortSignal;
}

/** A quota that is not told, or is zero, limits nothing; nor does one that the account may not read. */
async function quotaProblem({ api, place }: AskedCloud, { quota, more, signal }: QuotaQuestion) {
  const request = { Filters: { QuotaNames: [quota] } };
  const QuotaTypes = await api.readQuotas(request, { signal }).then(
    (answer) => answer.QuotaTypes,
    (error: unknown) => {
      if (!isAuth(error)) throw error;
      return [];
    },
  );
  const told = QuotaTypes.flatMap(({ Quotas }) => Quotas ?? []).find(({ Name }) => Name === quota);
  const { MaxValue: most = 0, UsedValue: used = 0 } = told ?? {};
  if (most === 0 || used + more <= most) return [];
  return [
    {
      message: `the account ${place.accountId} may have ${most} by ${quota} in ${place.region}, has ${used}, and needs ${more} more`,
      hint: quota === "snapshot_limit" ? "Delete some, or ask for a higher quota" : "Wait until others are done",
    },
  ];
}
