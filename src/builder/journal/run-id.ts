import { randomBytes } from "node:crypto";
import { join } from "node:path";

/** A run's id: 12 hexadecimal digits, in journals, tags and the names of temporary resources. */
export function newRunId(): string {
  return randomBytes(6).toString("hex");
}

/** Where the journals are. */
export function journalFolder(stateFolder: string): string {
  return join(stateFolder, "runs");
}
