import { ChrootError } from "../common/errors.ts";

/** The record of a run cannot be shown: its file is damaged, or of a newer version. */
export class RecordError extends ChrootError {
  override readonly code = "E_RECORD";
}
