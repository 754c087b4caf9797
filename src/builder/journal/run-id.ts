import { randomBytes } from "node:crypto";
import { join } from "node:path";

/** A run's id: 12 hexadecimal digits, in journals, tags and the names of temporary resources. */
export function newRunId(): string {
  return randomBytes(6).toString("hex");
}

/** Where the journals of runs are that ended well, and are to be looked at once more: what they have deleted was going. */
export function deletionFolder(stateFolder: string): string {
  return join(stateFolder, "deletions");
}

/** Where the journals are. */
export function journalFolder(stateFolder: string): string {
  return join(stateFolder, "runs");
}
