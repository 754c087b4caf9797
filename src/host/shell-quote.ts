const SAFE_WORD = /^[A-Za-z0-9_@%+=:,./-]+$/;

/**
 * One word quoted for `/bin/sh`. Safe words stay bare, so that a wrapped line reads as a person would type it.
 * @see POSIX Shell Command Language, 2.2.2 Single-Quotes
 */
export function quoteWord(word: string): string {
  if (SAFE_WORD.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** An argv as one `/bin/sh` line that means exactly that argv. */
export function shellQuote(argv: readonly string[]): string {
  // A first word with `=` would be read as an assignment.
  return argv
    .map((word, index) =>
      index === 0 && /^[A-Za-z_][A-Za-z0-9_]*=/.test(word) ? `'${word.replaceAll("'", "'\\''")}'` : quoteWord(word),
    )
    .join(" ");
}
