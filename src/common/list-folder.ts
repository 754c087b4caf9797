import { readdirSync } from "node:fs";
import { isErrno } from "./errno.ts";

/** The names in a folder, in no order; none when it is not there. */
export function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}
