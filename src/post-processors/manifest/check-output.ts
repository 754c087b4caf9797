import { accessSync, constants, lstatSync, readFileSync, type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isErrno } from "../../common/errno.ts";
import { messageOf } from "../../common/errors.ts";
import { occupantProblem } from "../../common/occupant.ts";
import { partialName } from "../../common/whole-file.ts";
import { parseManifest } from "./manifest-file.ts";

/** @see NAME_MAX */
const LONGEST_NAME_BYTES = 255;

/**
 * Why a manifest could not be written there, or undefined when it could: asked before the build, as a failure after it
 * would cost the OMI. Folders that are missing are made when the time comes.
 */
export function outputProblem(path: string): string | undefined {
  try {
    return nameProblem(path) ?? placeProblem(path);
  } catch (error) {
    // The system, or Node, does not even look: a link in a circle, a path that is none.
    if (error instanceof Error && "code" in error) return `"${path}" cannot be used: ${error.message}`;
    throw error;
  }
}

/** Folders that are missing are not asked what they can hold. What is written first has the longest name. */
function nameProblem(path: string): string | undefined {
  const isTooLong = partialName(path)
    .split("/")
    .some((name) => Buffer.byteLength(name) > LONGEST_NAME_BYTES);
  return isTooLong ? `"${path}" has a name that is too long` : undefined;
}

function placeProblem(path: string): string | undefined {
  const occupant = occupantProblem(path);
  if (occupant !== undefined) return `"${path}" ${occupant}`;
  return folderProblem(dirname(resolve(path))) ?? (statsOf(path) && contentProblem(path));
}

/** The nearest folder that is there must take new names. */
function folderProblem(folder: string): string | undefined {
  if (statsOf(folder, lstatSync) === undefined) return folderProblem(dirname(folder));
  if (!statsOf(folder)?.isDirectory()) return `"${folder}" is not a folder`;
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return `the folder "${folder}" cannot be written to: ${messageOf(error)}`;
  }
}

function contentProblem(path: string): string | undefined {
  try {
    parseManifest(readFileSync(path, "utf8"));
    return undefined;
  } catch (error) {
    return `"${path}" exists and is not a manifest: ${messageOf(error)}`;
  }
}

/** Undefined for what is not there; with {@link statSync}, also for a link that leads nowhere. */
function statsOf(path: string, look: (path: string) => Stats = statSync): Stats | undefined {
  try {
    return look(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}
