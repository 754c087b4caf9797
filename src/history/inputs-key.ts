import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../common/errno.ts";

const BYTES = 32;

/**
 * The key of the digests in this machine's records: `inputs.key` in the state folder, made when it is first needed. Records
 * are shown to people; without the key nobody can try out by them what a weak secret is.
 * @returns one that is forgotten again when it cannot be kept: then no two records can be compared
 */
export function inputsKey(stateFolder: string): Buffer {
  const path = join(stateFolder, "inputs.key");
  try {
    return readInputsKey(stateFolder) ?? makeKey(stateFolder, path);
  } catch {
    return randomBytes(BYTES);
  }
}

/** The key, if there is one. */
export function readInputsKey(stateFolder: string): Buffer | undefined {
  try {
    const key = readFileSync(join(stateFolder, "inputs.key"));
    return key.length === BYTES ? key : undefined;
  } catch {
    return undefined;
  }
}

function makeKey(stateFolder: string, path: string): Buffer {
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  const key = randomBytes(BYTES);
  try {
    writeFileSync(path, key, { mode: 0o600, flag: "wx" });
    return key;
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
    return readInputsKey(stateFolder) ?? key; // another build was faster, and may not be through with it
  }
}
