import { isPrintable } from "./go/quote.ts";

const HTML: Readonly<Record<string, string>> = {
  "\0": "\ufffd",
  '"': "&#34;",
  "'": "&#39;",
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};

/** What `html` does: the five characters that HTML gives a meaning become entities. */
export function escapeHtml(text: string): string {
  return text.replace(/[\0"'&<>]/g, (character) => HTML[character] ?? character);
}

/** What `js` does: the text can stand in a string of JavaScript, in a script or an attribute. */
export function escapeJs(text: string): string {
  return text.replace(/[\\'"<>&=\u0000-\u001f]|[^\u0000-\u007f]/gu, (character) => {
    if (character === "\\" || character === "'" || character === '"') return `\\${character}`;
    const code = character.codePointAt(0) ?? 0;
    if (code > 0x7f && isPrintable(character)) return character;
    return `\\u${code.toString(16).toUpperCase().padStart(4, "0")}`;
  });
}
