import { ChrootError, ExitCode, messageOf } from "../common/errors.ts";

/** A file or folder cannot be read or written inside the image. */
export class TransferError extends ChrootError {
  override readonly code = "E_TRANSFER";
  override readonly exitCode = ExitCode.Provision;
}

const PATH_OF_OURS = /, \w+ '\/proc\/self\/.*$/s;

/** What the system said, without the path that we used: a descriptor in it tells a person nothing. */
export function reasonOf(error: unknown): string {
  return messageOf(error).replace(PATH_OF_OURS, "");
}

/** Does the message have a path of ours in it? */
export function hasPathOfOurs(error: unknown): boolean {
  return error instanceof Error && PATH_OF_OURS.test(error.message);
}
