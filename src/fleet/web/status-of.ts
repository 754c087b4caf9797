import { type ChrootError, RemoteError } from "../../common/errors.ts";
import type { ErrorStatus } from "../../web/start-web.ts";
import { MissingError } from "../queue/missing-error.ts";
import { UnreachableError } from "../queue/reach.ts";
import { SealError } from "../seal/seal.ts";
import { TooManyBuildsError } from "./live-builds.ts";

/** What HTTP calls an error of the fleet; undefined for something that cannot be done as it stands. */
export function statusOf(error: ChrootError): ErrorStatus | undefined {
  if (error instanceof UnreachableError || error instanceof TooManyBuildsError) return 503;
  if (error instanceof MissingError) return error.wasThere ? 410 : 404;
  if (error instanceof SealError) return 403;
  // What a build has failed with, where the queue has no more of it.
  return error instanceof RemoteError ? 410 : undefined;
}
