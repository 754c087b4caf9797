/** Signs that stand for themselves; longer ones first, as the lexer tries them in this order. */
export const SIGNS = [
  ...["...", "==", "!=", ">=", "<=", "&&", "||", "::", "=>"],
  ...["[", "]", "(", ")", "{", "}", ".", ",", "*", "/", "%", "+", "-", "=", "<", ">", "!", "?", ":"],
] as const;
export type Sign = (typeof SIGNS)[number];

/**
 * - `quote` and `heredoc` open a template, `end-quote` and `end-heredoc` close it; in between stand `text`, in which
 *   escapes are not resolved yet, and sequences from `${` or `%{` (`~` included) to `}` (`end-sequence`)
 * - `text-newline` stands, empty, before a line end in a quoted string; `invalid` is anything that starts no token
 */
export type TokenType =
  | Sign
  | "identifier"
  | "number"
  | "comment"
  | "newline"
  | "quote"
  | "end-quote"
  | "heredoc"
  | "end-heredoc"
  | "text"
  | "text-newline"
  | "interpolation"
  | "control"
  | "end-sequence"
  | "invalid"
  | "end-of-file";

export interface Token {
  readonly type: TokenType;
  /** Offsets in the source text. */
  readonly start: number;
  readonly end: number;
}
