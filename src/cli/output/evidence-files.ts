import { randomBytes } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { extname } from "node:path";
import type { BakedBuild } from "../../bake/run-builds.ts";
import { UsageError } from "../../common/errors.ts";
import { maskedJson } from "../../terminal/masked-json.ts";
import { diffText } from "./diff-text.ts";

/** What `build` can tell of an image, and the file that it goes to. */
export interface EvidenceFiles {
  readonly diff?: string | undefined;
}

/**
 * Writes what is known of each image. Of several builds each has a file of its own: `diff.json` becomes `diff.NAME.json`.
 * @returns the files
 */
export function writeEvidenceFiles(results: readonly BakedBuild[], { diff }: EvidenceFiles): string[] {
  const written: string[] = [];
  for (const { name, evidence } of results) {
    const fileOf = (path: string) => (results.length === 1 ? path : pathOfBuild(path, name));
    if (diff !== undefined && evidence?.diff !== undefined) {
      const path = fileOf(diff);
      const isJson = extname(path) === ".json";
      writeWhole(path, isJson ? `${maskedJson(evidence.diff, 2)}\n` : diffText(evidence.diff, { all: true }));
      written.push(path);
    }
  }
  return written;
}

function pathOfBuild(path: string, build: string): string {
  const ending = extname(path);
  return `${path.slice(0, path.length - ending.length)}.${build}${ending}`;
}

/** Whole or not at all. @throws {UsageError} when it cannot be written */
function writeWhole(path: string, content: string): void {
  // No name that another user could have put a link at, in a folder such as /tmp.
  const temporary = `${path}.${randomBytes(8).toString("hex")}.tmp`;
  try {
    writeFileSync(temporary, content, { flag: "wx" });
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new UsageError(`Cannot write "${path}"`, { cause });
  }
}
