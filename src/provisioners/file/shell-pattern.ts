const PIECES = /\[!?\]?(?:\[:\w+:\]|[^\]])*\]|[*?[]|[^*?[]+/g;

/**
 * Whether a path is what a shell pattern may stand for: as many folders, dots at the beginning only where the pattern has
 * them. A bracket expression counts as any one character, which is enough to know an answer that nobody asked for.
 * @see POSIX Shell Command Language, 2.13
 */
export function isAnswerTo(pattern: string, path: string): boolean {
  const source = pattern.replace(PIECES, (piece, at: number) => {
    if (!/^[*?[]/.test(piece)) return piece.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
    const isFirst = at === 0 || pattern[at - 1] === "/";
    return `${isFirst ? "(?!\\.)" : ""}${piece === "*" ? "[^/]*" : "[^/]"}`;
  });
  return new RegExp(`^${source}$`, "su").test(path);
}
