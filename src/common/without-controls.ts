import { stripVTControlCharacters } from "node:util";

/** A text of a stranger's (an image, a service) without what would change a terminal: escape sequences and control characters. */
export function withoutControls(text: string): string {
  return stripVTControlCharacters(text).replace(/[^\P{Cc}\t\n]/gu, "");
}
