import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { graphemes } from "../common/graphemes.ts";

/** How many columns of a terminal a text takes. */
export const widthOf = (text: string): number => stringWidth(text);

/** A text that changes nothing of the terminal that it is shown on: no escape sequences, no control characters. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\t\n\v\f\r]+/g, " ")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "");
}

/** As much of a text as fits into so many columns, with `…` where it was cut. */
export function cutToWidth(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let cut = "";
  let width = 0;
  for (const character of graphemes(text)) {
    width += widthOf(character);
    if (width > columns - 1) break;
    cut += character;
  }
  return columns < 1 ? "" : `${cut}…`;
}

/** A text with blanks behind it, so that it takes so many columns. */
export function padToWidth(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - widthOf(text)));
}
