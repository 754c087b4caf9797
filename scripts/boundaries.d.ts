/** An import of a file, `target` being a path below src/; a lazy one is an `import()`. */
export interface Import {
  readonly target: string;
  readonly isType: boolean;
  readonly isLazy: boolean;
}

/** A file, by its path below src/. */
export interface SourceFile {
  readonly path: string;
  readonly imports: readonly Import[];
}

/** One line of the table in `rooms.js`. */
export interface Room {
  /** Nobody may import it but a program. */
  readonly isDoor?: true;
  /** It puts the doors together, and may import them. */
  readonly isProgram?: true;
  /** Rooms, or files of them, that it may import; those after `types:` for their types alone. */
  readonly uses: readonly string[];
  /** The files that other rooms may import, without `.ts`; `*` stands for any text. */
  readonly face: readonly string[];
}

export function findProblems(files: readonly SourceFile[], rooms: Readonly<Record<string, Room>>): string[];
export function findCircles(files: readonly SourceFile[]): string[][];
export function roomOf(path: string): string;
