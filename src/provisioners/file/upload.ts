import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { ProvisionError, throwIfCancelled } from "../../common/errors.ts";
import type { ProvisionerInput } from "../provisioner.ts";
import { type FileOptions, sourcesOf } from "./options.ts";

/** The name of `content` in a destination that is a folder. */
const CONTENT_NAME = "pkr-file-content";

/**
 * Uploads `content`, or each source: a file with its mode, a folder by the rule of the trailing slash. What is new in the
 * image belongs to root, unless `keep_owner` is set; what is there keeps mode and owner.
 */
export async function upload(options: FileOptions, input: ProvisionerInput): Promise<void> {
  const sources = sourcesOf(options);
  if (sources.length === 0) return uploadContent(options, input);
  for (const source of sources) {
    throwIfCancelled(input.signal);
    await uploadSource(source, options, input);
  }
}

async function uploadContent({ content = "", destination }: FileOptions, input: ProvisionerInput): Promise<void> {
  const target = fileTarget(destination, CONTENT_NAME);
  input.ui.say(`Uploading content => ${target}`);
  await input.communicator.upload(target, Readable.from([Buffer.from(content)]), { signal: input.signal });
}

async function uploadSource(
  source: string,
  { destination, keepOwner }: FileOptions,
  input: ProvisionerInput,
): Promise<void> {
  input.ui.say(`Uploading ${source} => ${destination}`);
  // A link is followed: what it leads to is uploaded.
  const info = await stat(source).catch((cause: unknown) => {
    throw new ProvisionError(`Cannot read "${source}"`, { cause });
  });
  const { communicator, signal } = input;
  if (info.isDirectory()) return communicator.uploadDir(destination, source, { keepsOwner: keepOwner, signal });
  await communicator.uploadFile(fileTarget(destination, basename(source)), source, {
    mode: info.mode & 0o7777,
    signal,
    ...(keepOwner && { owner: { uid: info.uid, gid: info.gid } }),
  });
}

function fileTarget(destination: string, name: string): string {
  return destination.endsWith("/") ? destination + name : destination;
}
