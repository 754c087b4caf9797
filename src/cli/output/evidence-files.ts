import { extname } from "node:path";
import { billOfMaterials } from "../../bake/bill-of-materials.ts";
import type { BakedBuild } from "../../bake/run-builds.ts";
import { reportText } from "../../report/report-text.ts";
import { maskedJson } from "../../terminal/masked-json.ts";
import { diffText } from "./diff-text.ts";
import { writeAfterBuilds } from "./result-file.ts";

/** What `build` can tell of an image, and the files that it goes to. */
export interface EvidenceFiles {
  readonly diff?: string | undefined;
  readonly sbom?: string | undefined;
  readonly report?: string | undefined;
}

/**
 * Writes what is known of each image. Of several builds each has a file of its own: `diff.json` becomes `diff.NAME.json`. Of
 * one that has failed too early there is nothing to tell, and no file.
 * @throws {ChrootError} when one cannot be written: the images stand all the same
 */
export async function writeEvidenceFiles(results: readonly BakedBuild[], files: EvidenceFiles): Promise<void> {
  for (const result of results) {
    const pathOf = (path: string) => (results.length === 1 ? path : pathOfBuild(path, result.name));
    if (files.diff !== undefined) await writeDiff(pathOf(files.diff), result, results);
    if (files.sbom !== undefined) await writeBill(pathOf(files.sbom), result, results);
    if (files.report !== undefined && result.record !== undefined) {
      await writeAfterBuilds(pathOf(files.report), await reportText(result.record), results);
    }
  }
}

async function writeDiff(path: string, { evidence }: BakedBuild, results: readonly BakedBuild[]): Promise<void> {
  if (evidence?.diff === undefined) return;
  const isJson = extname(path) === ".json";
  const text = isJson ? `${maskedJson(evidence.diff, 2)}\n` : diffText(evidence.diff, { all: true });
  await writeAfterBuilds(path, text, results);
}

async function writeBill(path: string, build: BakedBuild, results: readonly BakedBuild[]): Promise<void> {
  const { name, evidence, artifact } = build;
  if (evidence === undefined) return;
  const product = artifact && { name: artifact.product.name, imageId: artifact.product.imageId };
  const format = path.endsWith(SPDX_ENDING) ? "spdx" : "cyclonedx";
  const text = await billOfMaterials({ contents: evidence.contents, format, name, ...product });
  await writeAfterBuilds(path, text, results);
}

const SPDX_ENDING = ".spdx.json";

/** `web.NAME.spdx.json` of `web.spdx.json`: what kind of file it is, is in its ending. */
function pathOfBuild(path: string, build: string): string {
  const ending = path.endsWith(SPDX_ENDING) ? SPDX_ENDING : extname(path);
  return `${path.slice(0, path.length - ending.length)}.${build}${ending}`;
}
