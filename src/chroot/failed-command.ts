import { Writable } from "node:stream";
import { ProvisionError } from "../common/errors.ts";
import { describeExit, type ExitStatus } from "../host/command-error.ts";
import type { RemoteCommand } from "./communicator.ts";

const KEPT_BYTES = 4_096;

/** Keeps the end of what a command says on standard error, for the error that tells of its failure. */
export class StderrTail extends Writable {
  #tail: Buffer = Buffer.alloc(0);

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-KEPT_BYTES);
    done();
  }

  get text(): string {
    return this.#tail.toString("utf8").trim();
  }
}

/**
 * Makes an error of a command that ended in a way that its caller has not allowed.
 * @param said What it said on standard error, if nobody else has seen it
 * @throws {ProvisionError}
 */
export function throwIfFailed(
  { command, okExitCodes = [0] }: Pick<RemoteCommand, "command" | "okExitCodes">,
  status: ExitStatus,
  said: string,
): void {
  if (okExitCodes === "any" || (status.code !== null && okExitCodes.includes(status.code))) return;
  throw new ProvisionError(`"${command}" failed in the image: ${describeExit(status)}${said && `: ${said}`}`, {
    hint: "okExitCodes says which exit codes are no failure",
  });
}
