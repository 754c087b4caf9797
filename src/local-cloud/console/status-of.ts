import type { ChrootError } from "../../common/errors.ts";
import type { ErrorStatus } from "../../web/start-web.ts";
import { NotReadyError } from "../local-cloud-error.ts";

/** What HTTP calls an error of the console: what a form describes may be no fault that there is. */
export function statusOf(error: ChrootError): ErrorStatus {
  return error instanceof NotReadyError ? 503 : 400;
}
