import { ChrootError, ExitCode } from "../common/errors.ts";

/** A local cloud cannot be used as it was asked: another server has its folder, there is none in it, and the like. */
export class LocalCloudError extends ChrootError {
  override readonly code = "E_LOCAL_CLOUD";
  override readonly exitCode = ExitCode.Failed;
}
