import type { CopyImageInput } from "../../builder/region-copy/copy-image.ts";
import type { Ui } from "../../builder/ui.ts";
import type { Clock } from "../../common/clock.ts";
import type { OmisInput } from "./open-omis.ts";

/** What a transfer through a bucket says and listens to. */
export interface TransferInput extends OmisInput {
  readonly ui: Ui;
  readonly hurry?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  /** Told how the waits go. */
  readonly onProgress?: CopyImageInput["onProgress"];
}

export const never: AbortSignal = new AbortController().signal;
