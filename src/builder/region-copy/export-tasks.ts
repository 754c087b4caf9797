import type { Api } from "../../outscale/api.ts";
import { apiFailureOf } from "../../outscale/errors.ts";
import type { ImageExportTask, SnapshotExportTask } from "../../outscale/oapi.ts";
import { readAll } from "../../outscale/pagination.ts";

export type ExportTask = ImageExportTask | SnapshotExportTask;

const OVER = ["completed", "failed", "cancelled"];

/** It writes nothing any more. A state that is not known may be one that it writes in. */
export function isOver({ State }: ExportTask): boolean {
  return OVER.includes(State);
}

/** The exports that are on their way to a bucket. */
export interface ComingExports {
  readonly tasks: readonly ExportTask[];
  /** Why those of a kind cannot be seen, where the policy of the keys does not allow it. */
  readonly unseen: unknown;
}

type ExportApi = Pick<Api, "readImageExportTasks" | "readSnapshotExportTasks">;

/** Every export of the account, of images and of snapshots, that writes into a bucket or will, whoever has begun it. */
export async function exportsInto(
  { api }: { readonly api: ExportApi },
  { bucket, signal }: { readonly bucket: string; readonly signal: AbortSignal },
): Promise<ComingExports> {
  let unseen: unknown;
  const allowed = (error: unknown): readonly ExportTask[] => {
    if (!isDenied(error)) throw error;
    unseen = error;
    return [];
  };
  const images = await readAll(
    "ReadImageExportTasks",
    (page) => api.readImageExportTasks(page, { signal }),
    ({ ImageExportTasks }) => ImageExportTasks,
  ).catch(allowed);
  const snapshots = await readAll(
    "ReadSnapshotExportTasks",
    (page) => api.readSnapshotExportTasks(page, { signal }),
    ({ SnapshotExportTasks }) => SnapshotExportTasks,
  ).catch(allowed);
  const tasks = [...images, ...snapshots].filter((task) => task.OsuExport?.OsuBucket === bucket && !isOver(task));
  return { tasks, unseen };
}

/** The keys are right, and may not do this. */
const DENIED = ["5", "7"];

function isDenied(error: unknown): boolean {
  return DENIED.includes(apiFailureOf(error)?.apiCode ?? "");
}
