import { ChrootError } from "../../common/errors.ts";

/** The diary of a run cannot be written or read, so that nothing may be begun, or taken down, by it. */
export class JournalError extends ChrootError {
  override readonly code = "E_JOURNAL";
}
