/** `strings.Replace`: at most `limit` times, every time when it is negative. An empty text is found around every character. */
export function replaceText(text: string, before: string, after: string, limit = -1): string {
  const parts = before === "" ? ["", ...text, ""] : text.split(before);
  const most = limit < 0 ? parts.length : limit;
  return parts.reduce((result, next, index) => result + (index <= most ? after : before) + next);
}

/** `strings.Split`: by an empty separator, into characters. */
export function splitText(text: string, separator: string): string[] {
  return separator === "" ? [...text] : text.split(separator);
}

/** `strings.TrimSpace`: all that Unicode calls white space, which is not all that JavaScript does. */
export function trimSpace(text: string): string {
  return trimCharacters(text, (character) => /\p{White_Space}/u.test(character));
}

/** Drops characters from both ends as long as they are of a kind. */
export function trimCharacters(text: string, isTrimmed: (character: string) => boolean): string {
  const characters = [...text];
  const isKept = (character: string) => !isTrimmed(character);
  const start = characters.findIndex(isKept);
  return start < 0 ? "" : characters.slice(start, characters.findLastIndex(isKept) + 1).join("");
}
