import type { RequestOf } from "../outscale/oapi.ts";

/** Who else may launch an OMI, or create volumes of a snapshot. Accounts are those of its region. */
export interface Permissions {
  readonly accountIds: readonly string[];
  readonly isPublic: boolean;
}

type Additions = NonNullable<NonNullable<RequestOf<"UpdateImage">["PermissionsToLaunch"]>["Additions"]>;

/** The change that grants them; undefined where nothing was asked for, and so nothing is sent. */
export function additions({ accountIds, isPublic }: Permissions): Additions | undefined {
  if (accountIds.length === 0 && !isPublic) return undefined;
  return {
    ...(accountIds.length > 0 && { AccountIds: [...accountIds] }),
    ...(isPublic && { GlobalPermission: true }),
  };
}
