import { type OpenBake, openBake } from "../bake/open-bake.ts";
import { UsageError } from "../common/errors.ts";
import type { DebugLog } from "../common/log.ts";
import type { FleetBake } from "../fleet/submit/packed-fleet-bake.ts";
import type { Io } from "../terminal/io.ts";
import type { buildFlags } from "./build-flags.ts";
import type { FlagValues } from "./flags.ts";
import { bundleBucket, bundleLimit, retriesOf, type submitFlags } from "./fleet-flags.ts";
import { tellRetries } from "./output/tell-retries.ts";
import { type templateFlags, templateInput } from "./template-flags.ts";

type BuildFlags = FlagValues<typeof buildFlags>;
/** What a fleet needs to know; who waits for no build wishes for no files about it. */
type FleetBuildFlags = FlagValues<typeof templateFlags & typeof submitFlags> &
  Pick<BuildFlags, RecipeFlag> &
  Partial<Pick<BuildFlags, "queue" | "debug" | (typeof OF_WATCHERS)[number]>>;
type RecipeFlag = "force" | "on-error" | "boot-test" | "skip-unchanged" | "max-age" | "history";

export interface OpenBuildsInput {
  readonly path: string;
  readonly flags: BuildFlags;
  readonly parallel: number;
  readonly io: Io;
  readonly log: DebugLog;
}

export interface OpenOnFleetInput extends Omit<OpenBuildsInput, "flags"> {
  readonly flags: FleetBuildFlags;
}

/** The builds of a template, to be run on this machine. */
export function openHere({ path, flags, parallel, io, log }: OpenBuildsInput): Promise<OpenBake> {
  return openBake({
    ...templateInput(path, flags, io.env),
    ...settingsOf(flags),
    local: localCloud(flags),
    parallel,
    log,
    onRetry: tellRetries(io),
  });
}

/** The builds of a template, to be run by workers. Loaded by those who want it alone. */
export async function openOnFleet(input: OpenOnFleetInput): Promise<FleetBake> {
  const { path, flags, parallel, io, log } = input;
  const { openFleetBake } = await import("../fleet/submit/open-fleet-bake.ts");
  const { parseAddress } = await import("../fleet/queue/address.ts");
  const { checkName } = await import("../fleet/queue/place.ts");
  const { readKeys } = await import("../fleet/seal/fleet-key.ts");
  return openFleetBake({
    ...templateInput(path, flags, io.env),
    ...settingsOf(flags),
    address: parseAddress(flags.queue ?? "", io.env),
    keys: readKeys(flags.key, io.env),
    place: { accountId: flags.account, region: flags.region, label: checkName("label", flags.label) },
    standing: { group: checkName("group", flags.group) ?? null, priority: flags.priority ?? "normal" },
    retries: retriesOf(flags),
    included: flags.include,
    limitBytes: bundleLimit(flags),
    bucket: bundleBucket(flags, io.env),
    parallel,
    log,
    onTrouble: (message) => io.stderr.write(`${message}\n`),
  });
}

const FOR_FLEET = [
  "account",
  "region",
  "label",
  "priority",
  "group",
  "retries",
  "retry-delay",
  "key",
  "bundle-limit",
  "bundle-bucket",
  "bundle-prefix",
  "bundle-profile",
  "bundle-bucket-limit",
  "detach",
] as const;
const FOR_HERE = ["local", "local-state", "log"] as const;
const OF_WATCHERS = ["result", "report", "sbom", "diff", "provenance"] as const;
/** How builds are told of while they go on; these may be turned off where they would do nothing. */
const OF_LOOKERS_ON = ["machine-readable", "timing", "progress", "timestamp-ui"] as const;

/** @throws {UsageError} for flags that would have no effect */
export function checkPlaceFlags(flags: BuildFlags): void {
  if (flags.queue === undefined) {
    const odd = [
      ...FOR_FLEET.filter((name) => flags[name] !== undefined),
      ...(flags.include.length > 0 ? ["include"] : []),
    ];
    if (odd.length > 0) throw new UsageError(`-${odd[0]} needs -queue: it is for the builds of workers`);
    return;
  }
  const odd = FOR_HERE.find((name) => flags[name] !== undefined);
  if (odd !== undefined)
    throw new UsageError(`-${odd} is for builds on this machine; with -queue, give it to the worker`);
  if (!flags.detach) return;
  const watched = OF_WATCHERS.find((name) => flags[name] !== undefined) ?? OF_LOOKERS_ON.find((name) => flags[name]);
  if (watched !== undefined)
    throw new UsageError(`-${watched} is for who waits for the builds, and -detach does not wait`);
}

function settingsOf(flags: Omit<FleetBuildFlags, "queue">) {
  return {
    debug: flags.debug,
    force: flags.force,
    onError: flags["on-error"],
    bootTest: flags["boot-test"],
    skipUnchanged: flags["skip-unchanged"],
    maxAge: flags["max-age"],
    history: flags.history,
    provenance: flags.provenance !== undefined,
    evidence: wishesOf(flags),
  };
}

/** Undefined where nothing of the image is asked for: then nothing of it is looked at. */
function wishesOf({ diff, sbom, report }: FleetBuildFlags): { readonly diff: boolean } | undefined {
  const wantsDiff = diff !== undefined || report !== undefined;
  return wantsDiff || sbom !== undefined ? { diff: wantsDiff } : undefined;
}

function localCloud(flags: BuildFlags): true | { readonly stateFolder: string } | undefined {
  if (!flags.local) return undefined;
  return flags["local-state"] === undefined ? true : { stateFolder: flags["local-state"] };
}
