import * as z from "zod";
import type { Image, Snapshot, Volume } from "../../outscale/oapi.ts";
import { exportImage, importDisk } from "../disks/disk-transfer.ts";
import { Fault } from "../faults.ts";
import { exportState } from "../folder/export-state.ts";
import type { OpenCloud } from "../open-cloud.ts";
import { listImages, listSnapshots, listVolumes, type Status, statusOf } from "../status.ts";

const nothing = z.strictObject({});

/** What can be asked of a cloud besides its API, with the form of the arguments. */
export const controlArguments = {
  status: nothing,
  images: nothing,
  volumes: nothing,
  snapshots: nothing,
  import: z.strictObject({ name: z.string(), disk: z.string() }),
  export: z.strictObject({ image: z.string(), disk: z.string(), format: z.enum(["raw", "qcow2"]) }),
  "export-state": z.strictObject({ file: z.string() }),
  "add-fault": Fault,
  "list-faults": nothing,
  "clear-faults": nothing,
} as const;

export type ControlOperation = keyof typeof controlArguments;
export type ArgumentsOf<O extends ControlOperation> = z.infer<(typeof controlArguments)[O]>;

/** What each operation gives back. */
export interface ControlResults {
  readonly status: Status;
  readonly images: readonly Image[];
  readonly volumes: readonly (Volume & { readonly AccountId: string })[];
  readonly snapshots: readonly Snapshot[];
  readonly import: Image;
  readonly export: Image;
  readonly "export-state": { readonly file: string };
  readonly "add-fault": readonly Fault[];
  readonly "list-faults": readonly Fault[];
  readonly "clear-faults": readonly Fault[];
}

type Operations = {
  readonly [O in ControlOperation]: (
    core: OpenCloud,
    given: ArgumentsOf<O>,
  ) => ControlResults[O] | Promise<ControlResults[O]>;
};

/** The operations, for the running server and for commands that open a stopped cloud themselves. */
export const controlOperations: Operations = {
  status: statusOf,
  images: listImages,
  volumes: listVolumes,
  snapshots: listSnapshots,
  import: importDisk,
  export: exportImage,
  "export-state": exportState,
  "add-fault": ({ faults }, fault) => {
    faults.add(fault);
    return faults.list();
  },
  "list-faults": ({ faults }) => faults.list(),
  "clear-faults": ({ faults }) => {
    faults.clear();
    return faults.list();
  },
};
