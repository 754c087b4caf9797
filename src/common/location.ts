/** A place in a template; lines and columns count from 1, columns in characters. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}
