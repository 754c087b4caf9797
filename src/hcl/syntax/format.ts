import { countGraphemes } from "../../common/graphemes.ts";
import { tokenize } from "./lexer.ts";
import type { TokenType } from "./token.ts";

/** A token with the spaces that stand before it, which are all that formatting changes. */
interface Piece {
  readonly type: TokenType;
  readonly text: string;
  spaces: number;
}

/** A line in up to three cells, each of which is aligned with those of its neighbours. */
interface Line {
  lead: readonly Piece[];
  /** From the `=` of an argument, if its value ends on this line. */
  assign: readonly Piece[];
  /** The comment at the end of a line that has something else. */
  comment: readonly Piece[];
}

/**
 * A text in Packer's layout: indentation by brackets, single spaces, `=` and comments of neighbouring lines aligned.
 * Only spaces change. It looks at tokens, not at the grammar, and so formats broken text too.
 *
 * @see hashicorp/hcl, hclwrite/format.go: what `packer fmt` does, which this does as well
 */
export function formatHcl(text: string): string {
  const all = readPieces(text);
  const lines = splitLines(all.slice(0, -1));
  indent(lines);
  for (const { lead, assign } of lines) {
    spaceOut(lead);
    spaceOut(assign);
  }
  alignCells(lines, "assign");
  alignCells(lines, "comment");
  const pieces = lines.flatMap(({ lead, assign, comment }) => [...lead, ...assign, ...comment]);
  // Spaces after the last line belong to no line, and stay as they are.
  return [...pieces, ...all.slice(-1)].map((piece) => " ".repeat(piece.spaces) + piece.text).join("");
}

/** The tokens, the end of the text as the last one. */
function readPieces(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = text.startsWith("\uFEFF") ? 1 : 0;
  let isLineComment = false;
  for (const token of tokenize(text)) {
    const piece = { type: token.type, text: text.slice(token.start, token.end), spaces: token.start - end };
    end = token.end;
    const last = pieces.at(-1);
    // A line comment takes the line end with it.
    if (isLineComment && last && token.type === "newline")
      pieces[pieces.length - 1] = { ...last, text: last.text + piece.text };
    else pieces.push(piece);
    isLineComment = token.type === "comment" && !piece.text.startsWith("/*");
  }
  return pieces;
}

function endsLine({ type, text }: Piece): boolean {
  return type === "newline" || (type === "comment" && text.endsWith("\n"));
}

function splitLines(pieces: readonly Piece[]): readonly Line[] {
  const lines: Line[] = [];
  let start = 0;
  pieces.forEach((piece, index) => {
    if (!endsLine(piece) && index < pieces.length - 1) return;
    lines.push(splitCells(pieces.slice(start, index + 1)));
    start = index + 1;
  });
  return lines;
}

function splitCells(pieces: readonly Piece[]): Line {
  const hasComment = pieces.length > 1 && pieces.at(-1)?.type === "comment";
  const rest = hasComment ? pieces.slice(0, -1) : pieces;
  const comment = hasComment ? pieces.slice(-1) : [];
  const equals = rest.findIndex(({ type }, index) => index > 0 && type === "=");
  // A value that goes on below is not a cell: its "=" is where it would be without alignment.
  if (equals < 0 || netBrackets(rest.slice(equals)) !== 0) return { lead: rest, assign: [], comment };
  return { lead: rest.slice(0, equals), assign: rest.slice(equals), comment };
}

function netBrackets(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + bracketChange(piece), 0);
}

const OPENING: ReadonlySet<TokenType | undefined> = new Set<TokenType>(["{", "[", "(", "control", "interpolation"]);
const CLOSING: ReadonlySet<TokenType | undefined> = new Set<TokenType>(["}", "]", ")", "end-sequence"]);

function bracketChange({ type }: Piece): number {
  if (OPENING.has(type)) return 1;
  return CLOSING.has(type) ? -1 : 0;
}

/** Two spaces for each line that has left brackets open; a line that closes them stands where that line does. */
function indent(lines: readonly Line[]): void {
  const open: number[] = [];
  for (const { lead, assign } of lines) {
    const [first] = lead;
    if (!first) continue;
    if (first.type === "newline") {
      first.spaces = 0;
      continue;
    }
    const heredoc = lead.findIndex(({ type }) => type === "heredoc");
    const net = netBrackets(heredoc < 0 ? lead : lead.slice(0, heredoc)) + netBrackets(assign);
    if (net < 0) closeBrackets(open, -net);
    first.spaces = 2 * open.length;
    if (net > 0) open.push(net);
  }
}

function closeBrackets(open: number[], count: number): void {
  let left = count;
  while (left > 0 && open.length > 0) {
    const last = open.pop() ?? 0;
    if (last > left) open.push(last - left);
    left = Math.max(0, left - last);
  }
}

function spaceOut(cell: readonly Piece[]): void {
  cell.forEach((piece, index) => {
    const after = cell[index + 1];
    if (after) after.spaces = isSpaceBetween(piece, after, cell[index - 1]) ? 1 : 0;
  });
}

const TEMPLATE_TEXT: ReadonlySet<TokenType> = new Set<TokenType>(["text", "quote", "heredoc"]);
const TEMPLATE_END: ReadonlySet<TokenType> = new Set<TokenType>(["text", "end-quote", "end-heredoc"]);

/** Whether a space belongs between two pieces; the rules are tried in this order. */
function isSpaceBetween(piece: Piece, after: Piece, before: Piece | undefined): boolean {
  const [type, next] = [piece.type, after.type];
  if (next === "newline") return false;
  if (type === "identifier" && (next === "(" || next === "::")) return false;
  if (type === "::" && next === "identifier") return false;
  if (type === "." || next === "." || next === "," || next === "...") return false;
  if (type === ",") return true;
  if (TEMPLATE_TEXT.has(type) || TEMPLATE_END.has(next)) return false;
  // "for x in [1]" would read as an index of "in".
  if (type === "identifier" && piece.text === "in" && before?.type === "identifier") return true;
  if (next === "[" && (type === "identifier" || type === "number" || CLOSING.has(type))) return false;
  if (type === "!") return false;
  if (type === "-") return before !== undefined && !PRECEDES_NEGATION.has(before.type);
  if (type === "{" || next === "}") return !(type === "{" && next === "}");
  if ((type === "interpolation" || type === "control") && next === "{") return true;
  if (type === "}" && next === "end-sequence") return true;
  if (type === "end-sequence" && (next === "interpolation" || next === "control")) return false;
  return !OPENING.has(type) && !CLOSING.has(next);
}

/** After these, a minus is the sign of a number. */
const PRECEDES_NEGATION: ReadonlySet<TokenType> = new Set<TokenType>([
  ...(["(", "{", "[", "=", ":", ",", "?"] as const),
  ...(["+", "*", "/", "%", "-"] as const),
  ...(["==", "!=", ">", ">=", "<", "<=", "&&", "||", "!"] as const),
]);

/** Puts the cells of neighbouring lines below each other. */
function alignCells(lines: readonly Line[], cell: "assign" | "comment"): void {
  let group: Line[] = [];
  const close = () => {
    const widest = Math.max(0, ...group.map((line) => widthBefore(line, cell)));
    for (const line of group) {
      const first = line[cell][0];
      if (first) first.spaces = widest - widthBefore(line, cell) + 1;
    }
    group = [];
  };
  for (const line of lines) {
    if (line[cell].length > 0) group.push(line);
    else close();
  }
  close();
}

function widthBefore({ lead, assign }: Line, cell: "assign" | "comment"): number {
  return widthOf(lead) + (cell === "comment" ? widthOf(assign) : 0);
}

function widthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { spaces, text }) => sum + spaces + countGraphemes(text), 0);
}
