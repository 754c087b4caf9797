import { randomBytes } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { rename, rm, symlink } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { isErrno } from "../../common/errno.ts";
import { occupantProblem } from "../../common/occupant.ts";
import { syncPath } from "../../common/whole-file.ts";
import { LocalCloudError } from "../local-cloud-error.ts";

/** A link of this name says what is being made, and where. The 128 bits of its name are in the path's, too. */
const LINK = /^unfinished-([0-9a-f]{32})$/;
/** In a folder that is being made: all of it is there, and goes to its place. */
const WHOLE = "whole";

interface Unfinished {
  /** In the state folder. */
  readonly link: string;
  readonly path: string;
}

/**
 * Makes a file or a folder that is there under its own name only once it is whole. Should we be killed meanwhile, the next
 * who takes the folder's lock removes it: a link in the state folder names it, made before it and gone after it, and
 * a number that nobody else can have drawn is in the names of both.
 * @param place The path on the way, in whose last part the token has to be
 * @param make Fills it and gives it its own name, or lets it go
 */
export async function withUnfinished<Result>(
  stateFolder: string,
  place: (token: string) => string,
  make: (path: string) => Promise<Result>,
): Promise<Result> {
  const token = randomBytes(16).toString("hex");
  const link = join(stateFolder, `unfinished-${token}`);
  const path = resolve(place(token));
  // The one call that makes a name and what it says at once.
  await symlink(path, link);
  try {
    return await make(path);
  } finally {
    // A move that failed half-way is left to the next who has the lock: what has come would be worth nothing.
    if (leftToMove(path).length === 0) await remove({ link, path });
  }
}

/**
 * Moves everything in a folder that is being made to the state folder. Once it has begun it is ended, by the next who has
 * the lock if not by us.
 * @param names In that order: what makes the folder a cloud's comes last
 * @throws {LocalCloudError} when one of them is there already
 */
export async function moveWhole(folder: string, stateFolder: string, names: readonly string[]): Promise<void> {
  for (const name of names) assertFree(join(stateFolder, name));
  // A link, as of what is unfinished: it says what to move at once with its being there.
  await symlink(names.join("/"), join(folder, WHOLE));
  await syncPath(folder);
  await goOnMoving(folder, stateFolder);
}

/** Whether something was being made here, by whoever had the lock last or has it now. */
export function hasUnfinished(stateFolder: string): boolean {
  return unfinishedIn(stateFolder).length > 0;
}

/**
 * Removes what was being made when a process was killed, and ends the move of what was whole. Under the folder's lock.
 * @throws {LocalCloudError} when somebody has put something in its place
 */
export async function settleUnfinished(stateFolder: string): Promise<void> {
  for (const unfinished of unfinishedIn(stateFolder)) {
    await goOnMoving(unfinished.path, stateFolder);
    await remove(unfinished);
  }
}

async function goOnMoving(folder: string, stateFolder: string): Promise<void> {
  for (const name of leftToMove(folder)) {
    assertFree(join(stateFolder, name));
    await rename(join(folder, name), join(stateFolder, name));
  }
  await syncPath(stateFolder);
}

/** The link goes last: it is the proof that the path is ours. */
async function remove({ link, path }: Unfinished): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await rm(link, { force: true });
}

/** What of a whole folder has not come to its place; nothing of one that is not whole. */
function leftToMove(folder: string): readonly string[] {
  try {
    const names = readlinkSync(join(folder, WHOLE)).split("/");
    return names.filter((name) => isThere(join(folder, name)));
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

function assertFree(path: string): void {
  if (!isThere(path)) return;
  throw new LocalCloudError(`There is a "${path}" already`, { hint: "Give a new or empty folder" });
}

/**
 * For what is written for a user, who may have named a device: the file would take its place.
 * @throws {LocalCloudError} when there is something else than a plain file
 */
export function refuseOccupied(path: string): void {
  const occupant = occupantProblem(path);
  if (occupant === undefined) return;
  throw new LocalCloudError(`Cannot write to "${path}": it ${occupant}`, { hint: "Name a file that may be replaced" });
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function unfinishedIn(stateFolder: string): Unfinished[] {
  const names = existsSync(stateFolder) ? readdirSync(stateFolder) : [];
  return names.flatMap((name) => {
    const token = LINK.exec(name)?.[1];
    const link = join(stateFolder, name);
    if (token === undefined || !lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink()) return [];
    const path = readlinkSync(link);
    return basename(path).includes(token) ? [{ link, path }] : [];
  });
}
