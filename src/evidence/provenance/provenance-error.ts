import { ChrootError, ExitCode } from "../../common/errors.ts";

/** A statement does not say what it should, nobody trusted has signed it, or what it speaks of is another thing now. */
export class ProvenanceError extends ChrootError {
  override readonly code = "E_PROVENANCE";
  override readonly exitCode = ExitCode.Provenance;
}
