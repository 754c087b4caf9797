import type { FiltersImage } from "../outscale/oapi.ts";

/** `source_omi_filter`, checked and translated to the API's terms. */
export interface SourceFilter {
  /** What the OMI must be like; owners and state are not in it. */
  readonly filters: Readonly<FiltersImage>;
  readonly owners: SourceOwners;
  readonly mostRecent: boolean;
}

/** Whose OMIs count; any of them. All empty: the owner is not asked for. */
export interface SourceOwners {
  /** The account that builds. */
  readonly self: boolean;
  readonly accountIds: readonly string[];
  readonly accountAliases: readonly string[];
}
