import { didYouMean } from "../common/did-you-mean.ts";
import type { FiltersImage } from "../outscale/oapi.ts";
import type { Findings } from "./rules/findings.ts";
import type { CheckedOptions } from "./schema.ts";

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

type Kind = "text" | "number" | "boolean";

/** Every filter of ReadImages. A new one of the API does not compile until it is here. */
const filterKinds: Readonly<Record<keyof FiltersImage, Kind>> = {
  AccountAliases: "text",
  AccountIds: "text",
  Architectures: "text",
  BlockDeviceMappingDeleteOnVmDeletion: "boolean",
  BlockDeviceMappingDeviceNames: "text",
  BlockDeviceMappingSnapshotIds: "text",
  BlockDeviceMappingVolumeSizes: "number",
  BlockDeviceMappingVolumeTypes: "text",
  BootModes: "text",
  Descriptions: "text",
  FileLocations: "text",
  Hypervisors: "text",
  ImageIds: "text",
  ImageNames: "text",
  PermissionsToLaunchAccountIds: "text",
  PermissionsToLaunchGlobalPermission: "boolean",
  ProductCodeNames: "text",
  ProductCodes: "text",
  RootDeviceNames: "text",
  RootDeviceTypes: "text",
  SecureBoot: "boolean",
  States: "text",
  TagKeys: "text",
  TagValues: "text",
  Tags: "text",
  TpmMandatory: "boolean",
  VirtualizationTypes: "text",
};

/** The API's key of each name that a template may write: `account-alias` and `account-aliases`, `name`, ... */
const filterNames: ReadonlyMap<string, string> = new Map([
  ...Object.keys(filterKinds).flatMap((key): [string, string][] => {
    const plural = key.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
    return [
      [plural, key],
      [filterKinds[key as keyof FiltersImage] === "boolean" ? plural : plural.replace(/(?<=as)es$|s$/, ""), key],
    ];
  }),
  ["name", "ImageNames"],
  ["owner-id", "AccountIds"],
]);

/** Filters that say whose OMI it is, or which: with one of them `owners` is not needed. */
const OWNER_KEYS = ["AccountIds", "AccountAliases", "ImageIds"];

/**
 * Translates `source_omi_filter`.
 * @param isPinned Whether `source_omi` names the OMI, so that its owner need not be told
 */
export function readSourceFilter(
  block: NonNullable<CheckedOptions["source_omi_filter"]>,
  isPinned: boolean,
  findings: Findings,
): SourceFilter {
  const given = new Map(Object.entries(block.filters));
  for (const { name, value } of block.filter) given.set(name, value);
  const filters = new Map<string, unknown[]>();
  for (const [name, value] of given) addFilter(filters, name, typeof value === "string" ? [value] : value, findings);
  if (!isPinned && block.owners.length === 0 && !OWNER_KEYS.some((key) => filters.has(key))) {
    const hint =
      'set owners = ["Outscale"] or ["self"]: with none, anybody\'s public OMI of a fitting name would be built on';
    findings.problem("source_omi_filter.owners", "is required", hint);
  }
  return { filters: toRequest(filters), owners: readOwners(block.owners, findings), mostRecent: block.most_recent };
}

function addFilter(filters: Map<string, unknown[]>, name: string, values: readonly string[], findings: Findings): void {
  const path = `source_omi_filter.filters.${name}`;
  const add = (key: string, items: readonly unknown[]) => filters.set(key, [...(filters.get(key) ?? []), ...items]);
  if (name.startsWith("tag:")) {
    add(
      "Tags",
      values.map((value) => `${name.slice("tag:".length)}=${value}`),
    );
    return;
  }
  const key = filterNames.get(name);
  if (key === undefined) {
    const meant = didYouMean(name, filterNames.keys());
    findings.problem(path, "is not a filter of ReadImages", meant && `did you mean "${meant}"?`);
  } else if (key === "States") {
    // Nothing else can be built on, so this is what every search asks for anyway.
    if (values.some((value) => value !== "available")) findings.problem(path, 'can only be "available"');
  } else if (key === "RootDeviceTypes") {
    // "ebs" and "bsu" mean the same; images say the one and VMs the other.
    add(key, ["bsu", "ebs"]);
  } else {
    add(
      key,
      values.map((value) => readValue(filterKinds[key as keyof FiltersImage], value, path, findings)),
    );
  }
}

function readValue(kind: Kind, value: string, path: string, findings: Findings): unknown {
  if (kind === "text") return value;
  if (kind === "number") {
    if (!/^\d+$/.test(value)) findings.problem(path, `must be a whole number, not "${value}"`);
    return Number(value);
  }
  if (!/^(true|false|1|0)$/.test(value)) findings.problem(path, `must be true or false, not "${value}"`);
  return value === "true" || value === "1";
}

function toRequest(filters: ReadonlyMap<string, readonly unknown[]>): FiltersImage {
  const entries = [...filters].map(([key, values]) => {
    return [key, filterKinds[key as keyof FiltersImage] === "boolean" ? values[0] : values] as const;
  });
  return Object.fromEntries(entries);
}

function readOwners(owners: readonly string[], findings: Findings): SourceOwners {
  const others = owners.filter((owner) => owner !== "self");
  if (owners.includes("")) findings.problem("source_omi_filter.owners", "must not have an empty entry");
  return {
    self: owners.includes("self"),
    accountIds: others.filter((owner) => /^\d+$/.test(owner)),
    accountAliases: others.filter((owner) => !/^\d+$/.test(owner)),
  };
}
