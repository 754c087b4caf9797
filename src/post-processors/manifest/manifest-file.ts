import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { Clock } from "../../common/clock.ts";
import { isErrno } from "../../common/errno.ts";
import { ProvisionError } from "../../common/errors.ts";
import { writeWholeFile } from "../../common/whole-file.ts";
import { escapeJsonAsGo } from "../../go-template/go/json-escapes.ts";
import { withLockFile } from "./lock-file.ts";

/** One entry of a manifest, with the names and the order of Packer's. */
export interface ManifestBuild {
  readonly name: string;
  readonly builder_type: string;
  /** Seconds since the epoch; left out with `strip_time`. */
  readonly build_time?: number;
  readonly files: readonly { readonly name: string; readonly size: number }[] | null;
  readonly artifact_id: string;
  readonly packer_run_uuid: string;
  readonly custom_data: Readonly<Record<string, string>> | null;
}

export interface AddToManifestInput {
  readonly runUuid: string;
  /** Starts the file afresh when it is of another run. */
  readonly force: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What is in the file stays as it is, unknown fields too. */
const manifestSchema = z.looseObject({
  builds: z.array(z.unknown()).nullish(),
  last_run_uuid: z.string().optional(),
});

/**
 * Adds a build to a manifest, which other builds and other processes may extend at the same time.
 * @throws {ProvisionError} when the file has something else in it, or cannot be written
 */
export async function addToManifest(path: string, build: ManifestBuild, input: AddToManifestInput): Promise<void> {
  await makeFolder(dirname(path));
  await withLockFile(`${path}.lock`, input, async () => {
    const before = await readManifest(path);
    const isFresh = input.force && before.last_run_uuid !== input.runUuid;
    const builds = [...(isFresh ? [] : (before.builds ?? [])), build];
    await writeManifest(path, { ...(isFresh ? {} : before), builds, last_run_uuid: input.runUuid });
  });
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause: unknown) => {
    throw new ProvisionError(`Cannot make the folder "${path}" for the manifest`, { cause });
  });
}

/**
 * Reads what a manifest's file holds; an empty one is a manifest without builds.
 * @throws what is no JSON, or JSON of another kind
 */
export function parseManifest(text: string): z.output<typeof manifestSchema> {
  return text.trim() === "" ? {} : manifestSchema.parse(JSON.parse(text));
}

async function readManifest(path: string): Promise<z.output<typeof manifestSchema>> {
  try {
    return parseManifest(await readFile(path, "utf8"));
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return {};
    const hint = "Move it away, or set output to another path";
    throw new ProvisionError(`Cannot read "${path}" as a manifest`, { cause, hint });
  }
}

async function writeManifest(path: string, content: object): Promise<void> {
  // As the manifests that scripts have read so far.
  const json = escapeJsonAsGo(JSON.stringify(content, null, 2));
  await writeWholeFile(path, json, { mode: 0o664 }).catch((cause: unknown) => {
    throw new ProvisionError(`Cannot write the manifest "${path}"`, { cause });
  });
}
