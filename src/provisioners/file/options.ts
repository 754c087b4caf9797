import { statSync } from "node:fs";
import { basename } from "node:path";
import { type ConfigProblem, messageOf } from "../../common/errors.ts";
import { isLate } from "../late-values.ts";
import { nameFiles } from "../name-files.ts";
import { flag, integer, text, texts } from "../option-types.ts";
import type { InputFile, LocalFile } from "../provisioner.ts";
import type { OptionsOf } from "../read-options.ts";

/**
 * Packer's options, and of ours `keep_owner` and `download_limit`, which is in GiB.
 * @see https://developer.hashicorp.com/packer/docs/provisioners/file
 */
export const fileShape = {
  content: text().optional(),
  source: text().optional(),
  sources: texts().optional(),
  destination: text().default(""),
  direction: text().default("upload"),
  generated: flag().default(false),
  keep_owner: flag().default(false),
  download_limit: integer().optional(),
};
export type FileOptions = OptionsOf<typeof fileShape>;

/** `sources`, then `source`: both may be given. */
export function sourcesOf({ source, sources }: FileOptions): readonly string[] {
  return [...(sources ?? []), ...(source ? [source] : [])];
}

/**
 * What is uploaded counts with its modes, and of its path what decides where it goes. What the build itself makes before
 * (`generated`), or downloads, counts by its name alone.
 */
export function uploadedFiles(options: FileOptions): readonly InputFile[] {
  const { direction, generated, keepOwner: keepsOwner } = options;
  return sourcesOf(options).map((path) => {
    if (direction === "download") return { name: path };
    const name = `${basename(path)}${path.endsWith("/") ? "/" : ""}`;
    return generated ? { name } : { name, path, isCopied: true, keepsOwner };
  });
}

export function checkFileOptions(options: FileOptions): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const sources = sourcesOf(options);
  if (!options.destination) problems.push({ option: "destination", message: "is required" });
  if (options.direction !== "upload" && options.direction !== "download") {
    problems.push({ option: "direction", message: `"${options.direction}" is neither "upload" nor "download"` });
  }
  if (sources.length === 0 && options.content === undefined) {
    problems.push({ option: "source", message: "one of source, sources, content is required" });
  }
  if (sources.length > 0 && options.content) {
    problems.push({ option: "content", message: "cannot be given together with source or sources" });
  }
  if (options.direction === "download") return [...problems, ...checkDownload(options)];
  if (options.downloadLimit !== undefined) {
    problems.push({ option: "download_limit", message: 'is for downloads: with direction = "download"' });
  }
  return options.generated ? problems : [...problems, ...checkSources(options, sources)];
}

function checkDownload(options: FileOptions): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (options.content !== undefined) {
    problems.push({ option: "content", message: "is for uploads: a download has a source" });
  }
  if (options.downloadLimit !== undefined && options.downloadLimit < 1) {
    problems.push({ option: "download_limit", message: `${options.downloadLimit} is no number of GiB: at least 1` });
  }
  if (options.keepOwner) {
    problems.push({
      option: "keep_owner",
      message: "is for uploads: downloaded files belong to the user who runs the build",
    });
  }
  return problems;
}

function checkSources(options: FileOptions, sources: readonly string[]): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  let files = 0;
  for (const path of sources.filter((source) => !isLate(source))) {
    try {
      if (!statSync(path).isDirectory()) files++;
    } catch (error) {
      const option = path === options.source ? "source" : "sources";
      const hint = "generated = true looks for it only when it is uploaded";
      problems.push({ option, message: `cannot read "${path}": ${messageOf(error)}`, hint, isOfMachine: true });
    }
  }
  if (files > 1 && !options.destination.endsWith("/")) {
    const message = `"${options.destination}" must end in a slash, as several files go there`;
    problems.push({ option: "destination", message });
  }
  return problems;
}

/** What an upload reads, or what a download writes. */
export function filesOf({ direction, destination, source, sources, generated }: FileOptions): readonly LocalFile[] {
  if (direction === "download") return nameFiles("destination", destination, { use: "write" });
  const rest = { isOptional: generated };
  return [...nameFiles("sources", sources, rest), ...nameFiles("source", source, rest)];
}
