import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { messageOf } from "../../common/errors.ts";
import { type Account, parseAccounts } from "../accounts.ts";
import { LocalCloudError } from "../local-cloud-error.ts";
import { KEYS_FILE } from "./state-folder.ts";

export const FORMAT = 1;
export const STATE = "state.json";
/** Every member that an archive may have. */
export const MEMBER =
  /^(?:accounts\.json|state\.json|disks\/|disks\/(?:vol|snap)-[0-9a-f]{8}\.raw|objects\/|objects\/[0-9a-f]{32})$/;

const id = (prefix: string) => z.string().regex(new RegExp(`^(?:${prefix})-[0-9a-f]{8}$`));
const record = (prefix: string, api: z.ZodRawShape) =>
  z.looseObject({ id: id(prefix), accountId: z.string(), api: z.looseObject(api) });

const blob = z.looseObject({ blob: z.string().regex(/^[0-9a-f]{32}$/) });
const named = z.looseObject({ id: z.string() });

/** What of the objects becomes a path here is checked; the rest was checked by the cloud that wrote it. */
const State = z.strictObject({
  format: z.literal(FORMAT),
  disks: z.enum(["loop", "memory"]),
  tables: z.strictObject({
    volumes: z.array(
      record("vol", {
        VolumeId: id("vol"),
        SnapshotId: id("snap").optional(),
        LinkedVolumes: z.array(z.looseObject({ VmId: id("i"), VolumeId: id("vol"), DeviceName: z.string() })),
      }),
    ),
    snapshots: z.array(
      record("snap", { SnapshotId: id("snap") }).extend({ source: z.looseObject({ id: id("vol|snap") }) }),
    ),
    images: z.array(record("ami", { ImageId: id("ami") })),
    vms: z.array(record("i", { VmId: id("i") })).min(1),
    volumeTasks: z.array(record("vol-update", { VolumeId: id("vol") })),
    violations: z.array(named),
    // An older version's archive has none of these.
    exportTasks: z.array(named).default([]),
    buckets: z.array(named).default([]),
    objects: z.array(named.extend({ blobs: z.array(blob) })).default([]),
    uploads: z.array(named).default([]),
    parts: z.array(named.extend(blob.shape)).default([]),
  }),
});

/** The objects and the keys of an archive that was unpacked. @throws {LocalCloudError} when they are not as a cloud writes them */
export async function readArchive(
  folder: string,
): Promise<z.infer<typeof State> & { readonly accounts: readonly Account[] }> {
  try {
    const state = State.parse(JSON.parse(await readFile(join(folder, STATE), "utf8")));
    return { ...state, accounts: parseAccounts(await readFile(join(folder, KEYS_FILE), "utf8")) };
  } catch (cause) {
    const [issue] = cause instanceof z.ZodError ? cause.issues : [];
    const reason = issue ? `${issue.path.join(".")}: ${issue.message}` : messageOf(cause);
    throw new LocalCloudError(`The exported state is wrong: ${reason}`, { cause });
  }
}
