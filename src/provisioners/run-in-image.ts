import { Writable } from "node:stream";
import { throwIfCancelled } from "../common/errors.ts";
import { OutputLines } from "../common/output-lines.ts";
import type { ExitStatus } from "../host/command-error.ts";
import type { ProvisionerInput } from "./provisioner.ts";

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
 * @throws {CancelledError}
 */
export async function readFromImage(
  command: string,
  { communicator, signal }: ProvisionerInput,
): Promise<{ readonly status: ExitStatus; readonly stdout: string }> {
  const chunks: Buffer[] = [];
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  const status = await communicator.start({ command, stdout, signal, okExitCodes: "any" });
  throwIfCancelled(signal);
  return { status, stdout: Buffer.concat(chunks).toString("utf8") };
}
