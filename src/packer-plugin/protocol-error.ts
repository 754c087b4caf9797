import { ChrootError } from "../common/errors.ts";

/** The other side sent what the protocol does not allow; the connection, or one stream of it, ends. */
export class ProtocolError extends ChrootError {
  override readonly code = "E_PACKER_PROTOCOL";
}

/** The connection, or a stream of it, ended while something was still expected from it. */
export class ConnectionLostError extends ChrootError {
  override readonly code = "E_PACKER_CONNECTION";
}
