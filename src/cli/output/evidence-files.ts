import type { KeyObject } from "node:crypto";
import { basename, extname } from "node:path";
import { billOfMaterials } from "../../bake/bill-of-materials.ts";
import { type Byproduct, provenanceText } from "../../bake/provenance/provenance-text.ts";
import type { BakedBuild } from "../../bake/run-builds.ts";
import { reportText } from "../../report/report-text.ts";
import { maskedJson } from "../../terminal/masked-json.ts";
import { diffText } from "./diff-text.ts";
import { isStream } from "./output-file.ts";
import { type OutputStreams, writeAfterBuilds } from "./result-file.ts";

/** What `build` can tell of an image, and the files that it goes to. */
export interface EvidenceFiles {
  readonly diff?: string | undefined;
  readonly sbom?: string | undefined;
  readonly report?: string | undefined;
  readonly provenance?: string | undefined;
  /** Signs the provenance. */
  readonly provenanceKey?: KeyObject | undefined;
}

/**
 * Writes what is known of each image. Of several builds each has a file of its own: `diff.json` becomes `diff.NAME.json`. Of
 * one that has failed too early there is nothing to tell, and no file. A stream takes all of them, one after the other.
 * @throws {ChrootError} when one cannot be written: the images stand all the same
 */
export async function writeEvidenceFiles(
  results: readonly BakedBuild[],
  files: EvidenceFiles,
  io: OutputStreams,
): Promise<void> {
  for (const result of results) {
    const pathOf = (path: string) => (results.length === 1 || isStream(path) ? path : pathOfBuild(path, result.name));
    const byproducts = new Map<string, Byproduct>();
    const write: WriteFile = async (path, mediaType, content) => {
      await writeAfterBuilds(path, content, { results, io });
      byproducts.set(path, { name: basename(path), mediaType, content });
    };
    if (files.diff !== undefined) await writeDiff(pathOf(files.diff), result, write);
    if (files.sbom !== undefined) await writeBill(pathOf(files.sbom), result, write);
    if (files.report !== undefined && result.record !== undefined) {
      await write(pathOf(files.report), "text/html", await reportText(result.record));
    }
    const { provenance: statement } = result;
    if (files.provenance !== undefined && statement !== undefined) {
      const key = files.provenanceKey;
      const text = provenanceText({ statement, byproducts: [...byproducts.values()], key });
      await writeAfterBuilds(pathOf(files.provenance), text, { results, io });
    }
  }
}

type WriteFile = (path: string, mediaType: string, content: string) => Promise<void>;

async function writeDiff(path: string, { evidence }: BakedBuild, write: WriteFile): Promise<void> {
  if (evidence?.diff === undefined) return;
  if (extname(path) === ".json") await write(path, "application/json", `${maskedJson(evidence.diff, 2)}\n`);
  else await write(path, "text/plain", diffText(evidence.diff, { all: true }));
}

async function writeBill(path: string, build: BakedBuild, write: WriteFile): Promise<void> {
  const { name, evidence, artifact } = build;
  if (evidence === undefined) return;
  const product = artifact && { name: artifact.product.name, imageId: artifact.product.imageId };
  const format = path.endsWith(SPDX_ENDING) ? "spdx" : "cyclonedx";
  const text = await billOfMaterials({ contents: evidence.contents, format, name, ...product });
  await write(path, format === "spdx" ? "application/spdx+json" : "application/vnd.cyclonedx+json", text);
}

const SPDX_ENDING = ".spdx.json";
const DOUBLE_ENDINGS = [SPDX_ENDING, ".intoto.json", ".intoto.jsonl"];

/** `web.NAME.spdx.json` of `web.spdx.json`: what kind of file it is, is in its ending. */
function pathOfBuild(path: string, build: string): string {
  const ending = DOUBLE_ENDINGS.find((each) => path.endsWith(each)) ?? extname(path);
  return `${path.slice(0, path.length - ending.length)}.${inFileName(build)}${ending}`;
}

/** The name of a build may be any text, and a slash in it is no folder. */
function inFileName(build: string): string {
  return build.replace(/[%/\0]/g, (character) => encodeURIComponent(character));
}
