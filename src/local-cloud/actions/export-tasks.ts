import { Refusal } from "../refusal.ts";
import type { Handler } from "./call.ts";

function noBuckets(): never {
  throw new Refusal(
    "not-supported-here",
    "The local cloud has no buckets: use `outscale-chroot local-cloud export IMAGE DISK`",
  );
}

export const createImageExportTask: Handler<"CreateImageExportTask"> = noBuckets;
export const createSnapshotExportTask: Handler<"CreateSnapshotExportTask"> = noBuckets;
export const readImageExportTasks: Handler<"ReadImageExportTasks"> = noBuckets;
export const readSnapshotExportTasks: Handler<"ReadSnapshotExportTasks"> = noBuckets;
