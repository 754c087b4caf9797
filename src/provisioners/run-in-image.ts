import { Writable } from "node:stream";
import { ProvisionError, throwIfCancelled } from "../common/errors.ts";
import { OutputLines } from "../common/output-lines.ts";
import type { ExitStatus } from "../host/command-error.ts";
import type { ProvisionerInput } from "./provisioner.ts";

/** Some ten thousand names. An image is not trusted: it may answer without end. */
const LONGEST_ANSWER = 4 * 1024 * 1024;

/**
 * Runs one `/bin/sh -c` line in the image and shows what it says, line by line.
 * @throws {CancelledError} when the build or the provisioner's timeout stopped it
 */
export async function runInImage(
  command: string,
  { communicator, ui, signal }: ProvisionerInput,
  env: Readonly<Record<string, string>> = {},
): Promise<ExitStatus> {
  const stdout = new OutputLines((line) => ui.message(line));
  // What stands on standard error is no error yet: how the command ends says that.
  const stderr = new OutputLines((line) => ui.message(line));
  try {
    const status = await communicator.start({ command, stdout, stderr, env, signal, okExitCodes: "any" });
    throwIfCancelled(signal);
    return status;
  } finally {
    stdout.flush();
    stderr.flush();
  }
}

/**
 * Runs one `/bin/sh -c` line in the image and takes what it prints.
 * @param hint What to do when that is too much
 * @throws {ProvisionError} when it is more than 4 MiB; the command is ended then
 * @throws {CancelledError}
 */
export async function readFromImage(
  command: string,
  { communicator, signal }: Pick<ProvisionerInput, "communicator" | "signal">,
  hint?: string,
): Promise<{ readonly status: ExitStatus; readonly stdout: string }> {
  const chunks: Buffer[] = [];
  let left = LONGEST_ANSWER;
  const enough = new AbortController();
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      left -= chunk.length;
      if (left >= 0) chunks.push(chunk);
      else enough.abort(new ProvisionError(`The image answers with more than ${LONGEST_ANSWER} bytes`, { hint }));
      done();
    },
  });
  const either = AbortSignal.any([signal, enough.signal]);
  const status = await communicator.start({ command, stdout, signal: either, okExitCodes: "any" });
  throwIfCancelled(signal);
  throwIfCancelled(enough.signal);
  return { status, stdout: Buffer.concat(chunks).toString("utf8") };
}
