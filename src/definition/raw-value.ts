/** A plain, decoded value of a template: what a builder, provisioner or post-processor is configured with. */
export type RawValue = string | number | boolean | null | RawList | RawConfig;
export type RawList = readonly RawValue[];
/** Options as the user types them, in snake_case. */
export type RawConfig = { readonly [option: string]: RawValue };

/** What stands for a text that is not known before the build: Packer's word for it. */
export const UNKNOWN_TEXT = "<unknown>";

export function isRawList(value: RawValue): value is RawList {
  return Array.isArray(value);
}

/** Whether what only the build or a data source knows is in it. */
export function holdsUnknown(value: RawValue): boolean {
  if (typeof value === "string") return value.includes(UNKNOWN_TEXT);
  return typeof value === "object" && value !== null && Object.values(value).some(holdsUnknown);
}

/** Whether it is a map: options, tags, a block. */
export function isRawMap(value: RawValue | undefined): value is RawConfig {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Several maps as one; the later wins, entry by entry, whatever their names are. */
export function joinMaps(maps: readonly RawConfig[]): RawConfig {
  return Object.fromEntries(maps.flatMap((map) => Object.entries(map)));
}
