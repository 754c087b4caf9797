import { ChrootError, type ErrorOptions, ExitCode } from "../common/errors.ts";

/** Where in a template's text something stands; both count from 1, the column in characters. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** A `{{ }}` template cannot be read, or fails when it is rendered. */
export class InterpolationError extends ChrootError {
  override readonly code = "E_INTERPOLATION";
  override readonly exitCode = ExitCode.Template;
  /** The text that was being rendered. */
  readonly text: string;
  readonly position: TextPosition;

  /** @param options.offset Where in the text the problem is, in UTF-16 units as JavaScript counts them */
  constructor(message: string, options: ErrorOptions & { readonly text: string; readonly offset: number }) {
    const position = positionAt(options.text, options.offset);
    super(`${message} (line ${position.line}, column ${position.column} of ${quoteExcerpt(options.text)})`, options);
    this.text = options.text;
    this.position = position;
  }
}

/** The line and column of an offset. */
function positionAt(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: [...before.slice(lineStart)].length + 1 };
}

const LONGEST_EXCERPT = 80;

function quoteExcerpt(text: string): string {
  return JSON.stringify(text.length > LONGEST_EXCERPT ? `${text.slice(0, LONGEST_EXCERPT)}...` : text);
}
