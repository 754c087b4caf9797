import { createHash, randomBytes } from "node:crypto";

const DIGITS = 15;

/** The id of a new build: 16 hexadecimal digits, the first a letter. */
export function newBuildId(): string {
  return idOf(randomBytes(DIGITS));
}

/** The same id for the same text. */
export function buildIdOf(text: string): string {
  return idOf(createHash("sha256").update(text).digest());
}

/** BullMQ refuses an id that is a whole number: numbers are the ids that it gives itself. */
function idOf(bytes: Buffer): string {
  return `b${bytes.toString("hex").slice(0, DIGITS)}`;
}
