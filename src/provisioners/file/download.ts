import { lstat, mkdir, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { DownloadOptions } from "../../chroot/communicator.ts";
import { ignoreErrno } from "../../common/errno.ts";
import { ChrootError, ProvisionError, throwIfCancelled } from "../../common/errors.ts";
import { isBelow } from "../../host/mountinfo.ts";
import { quoteWord } from "../../host/shell-quote.ts";
import type { ProvisionerInput } from "../provisioner.ts";
import { readFromImage } from "../run-in-image.ts";
import { type FileOptions, sourcesOf } from "./options.ts";
import { isAnswerTo } from "./shell-pattern.ts";

const GIB = 1024 ** 3;

/**
 * Downloads each source. One that ends in a slash is a folder; one with `*`, `?` or `[` is a pattern, and every file that
 * it matches goes into the destination.
 */
export async function download(options: FileOptions, provisioner: ProvisionerInput): Promise<void> {
  const limitBytes = options.downloadLimit === undefined ? undefined : options.downloadLimit * GIB;
  const input = { ...provisioner, limit: { limitBytes, share: {} } };
  for (const source of sourcesOf(options)) {
    throwIfCancelled(input.signal);
    if (source.endsWith("/")) await downloadFolder(source, options.destination, input);
    else if (/[*?[]/.test(source)) await downloadMatches(source, options.destination, input);
    else await downloadFile(source, fileTarget(options.destination, source), input);
  }
}

interface DownloadInput extends ProvisionerInput {
  /** For all that the provisioner downloads. */
  readonly limit: Pick<DownloadOptions, "limitBytes" | "share">;
}

async function downloadFolder(
  source: string,
  destination: string,
  { ui, communicator, signal, limit }: DownloadInput,
): Promise<void> {
  ui.say(`Downloading ${source} => ${destination}`);
  await mkdir(destination, { recursive: true, mode: 0o755 });
  await communicator.downloadDir(source, destination, { signal, ...limit });
}

async function downloadMatches(pattern: string, destination: string, input: DownloadInput): Promise<void> {
  const matches = await findMatches(pattern, input);
  if (matches.length === 0) throw new ProvisionError(`Nothing in the image matches "${pattern}"`);
  for (const { path, isFolder } of matches) {
    throwIfCancelled(input.signal);
    if (isFolder) await downloadFolder(path, destination, input);
    else await downloadFile(path, fileTarget(`${destination.replace(/\/+$/, "")}/`, path), input);
  }
}

/** The image's own shell expands the pattern; every other character of it is quoted. */
async function findMatches(pattern: string, input: ProvisionerInput) {
  const quoted = pattern.replace(/[^*?[\]!-]+/g, quoteWord);
  const show = `if [ -d "$f" ]; then printf 'd%s\\0' "$f"; elif [ -e "$f" ]; then printf 'f%s\\0' "$f"; fi`;
  const hint = "Where a pattern matches so many files, download their folder";
  const { status, stdout } = await readFromImage(`for f in ${quoted}; do ${show}; done`, input, hint);
  if (status.code !== 0) throw new ProvisionError(`Cannot look for "${pattern}" in the image`);
  const found = stdout.split("\0").slice(0, -1);
  const matches = found.map((entry) => ({ path: entry.slice(1), isFolder: entry.startsWith("d") }));
  // The names become those of files here: the image may not choose .bashrc where *.log was asked for.
  const other = matches.find(({ path }) => path !== pattern && !isAnswerTo(pattern, path));
  if (other) throw new ProvisionError(`The image answered "${other.path}" for "${pattern}"`);
  return matches;
}

async function downloadFile(
  source: string,
  target: string,
  { ui, communicator, signal, limit }: DownloadInput,
): Promise<void> {
  ui.say(`Downloading ${source} => ${target}`);
  await mkdir(dirname(target), { recursive: true, mode: 0o755 });
  await refuseLinkOut(target);
  try {
    await communicator.downloadFile(source, target, { signal, ...limit });
  } catch (cause) {
    throwIfCancelled(signal);
    const hint = cause instanceof ChrootError ? cause.hint : undefined;
    throw new ProvisionError(`Cannot download "${source}" to "${target}"`, { cause, hint });
  }
}

/**
 * A folder that was downloaded has the image's links in it, and a file that follows it there may have the name of one. A
 * link that stays in its folder, such as `latest`, is written through; one that leads out of it may be the image's.
 */
async function refuseLinkOut(target: string): Promise<void> {
  const entry = await lstat(target).catch(ignoreErrno("ENOENT"));
  if (!entry?.isSymbolicLink()) return;
  const folder = await realpath(dirname(target));
  const leadsTo = await realpath(target).catch(() => undefined);
  if (leadsTo !== undefined && isBelow(leadsTo, folder)) return;
  const hint = "Remove it, or give the place that it leads to as the destination";
  throw new ProvisionError(`Cannot download to "${target}": it is a link that leads out of its folder`, { hint });
}

function fileTarget(destination: string, source: string): string {
  return destination.endsWith("/") ? join(destination, basename(source)) : destination;
}
