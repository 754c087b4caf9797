import { tokenize } from "../hcl/syntax/lexer.ts";
import type { Token } from "../hcl/syntax/token.ts";

/** A block around the cursor: `source "outscale-chroot" "web"`. */
export interface BlockStep {
  readonly type: string;
  readonly labels: readonly string[];
}

/** What may be written where the cursor is. */
export type Place =
  /** The name of an argument or the type of a block. */
  | { readonly kind: "name" }
  /** The label of a block of a type, the `index`th; quotes may not be there yet. */
  | { readonly kind: "label"; readonly step: BlockStep; readonly isQuoted: boolean }
  /** Part of an expression: after `data.outscale-omi.` the path is `["data", "outscale-omi"]`. */
  | { readonly kind: "expression"; readonly option: string; readonly path: readonly string[] }
  /** Plain text in quotes. */
  | { readonly kind: "text"; readonly option: string }
  | { readonly kind: "comment" };

/** Where in a file of HCL the cursor is. */
export interface Cursor {
  readonly blocks: readonly BlockStep[];
  readonly place: Place;
  /** What has been written of the word, and after the cursor of its rest: offsets. */
  readonly word: { readonly start: number; readonly end: number };
}

interface Frame {
  readonly kind: "body" | "brackets" | "quoted" | "heredoc" | "sequence";
  readonly step?: BlockStep;
  /** Where the text in quotes begins. */
  readonly start: number;
  /** The line so far, in a body: its name, its labels, and whether `=` has come. */
  name: string | undefined;
  labels: string[];
  isValue: boolean;
}

/**
 * Finds out where the cursor is, by the tokens before it alone: what is being written is broken most of the time, and so is
 * what comes after it.
 */
export function cursorAt(text: string, offset: number): Cursor {
  const tokens = tokenize(text);
  const current = tokens.find(({ type, start, end }) => start < offset && offset <= end && type !== "end-of-file");
  const isWord = current !== undefined && (current.type === "identifier" || current.type === "text");
  const isBefore = (token: Token) => token.end <= offset && token.type !== "end-of-file";
  const before = tokens.filter((token) => isBefore(token) && !(isWord && token === current));
  const frames = framesOf(before, text);
  const top = frames.at(-1) as Frame;
  const blocks = frames.flatMap(({ step }) => step ?? []);
  const isText = top.kind === "quoted";
  const word = { start: wordStart(current, isText ? top.start : offset, offset), end: wordEnd(current, offset) };
  return { blocks, place: placeOf({ frames, before, current, text }), word };
}

function wordStart(current: Token | undefined, otherwise: number, offset: number): number {
  if (current?.type === "identifier") return current.start;
  return Math.min(otherwise, offset);
}

function wordEnd(current: Token | undefined, offset: number): number {
  return current?.type === "identifier" || current?.type === "text" ? current.end : offset;
}

interface Situation {
  readonly frames: readonly Frame[];
  readonly before: readonly Token[];
  readonly current: Token | undefined;
  readonly text: string;
}

function placeOf({ frames, before, current, text }: Situation): Place {
  const isInside = current?.type === "comment" && !/[\r\n]$/.test(text.slice(current.start, current.end));
  if (isInside) return { kind: "comment" };
  const body = frames.findLast(({ kind }) => kind === "body") as Frame;
  const top = frames.at(-1) as Frame;
  const option = body.name ?? "";
  const isDirect = top === body || (top.kind === "quoted" && frames.at(-2) === body);
  if (isDirect && !body.isValue) {
    if (body.name === undefined) return top.kind === "quoted" ? { kind: "comment" } : { kind: "name" };
    return { kind: "label", step: { type: body.name, labels: body.labels }, isQuoted: top.kind === "quoted" };
  }
  if (top.kind === "quoted" || top.kind === "heredoc") return { kind: "text", option };
  return { kind: "expression", option, path: pathBefore(before, text) };
}

/** The names with points between them that end right before the word. */
function pathBefore(before: readonly Token[], text: string): readonly string[] {
  const path: string[] = [];
  for (let index = before.length - 1; before[index]?.type === "."; index -= 2) {
    const name = before[index - 1];
    if (name?.type !== "identifier") return ["?"];
    path.unshift(text.slice(name.start, name.end));
  }
  return path;
}

function newFrame(kind: Frame["kind"], start: number, step?: BlockStep): Frame {
  return { kind, start, ...(step && { step }), name: undefined, labels: [], isValue: false };
}

/** What is open after these tokens, from the file inwards. */
function framesOf(tokens: readonly Token[], text: string): readonly Frame[] {
  const frames = [newFrame("body", 0)];
  for (const token of tokens) {
    const top = frames.at(-1) as Frame;
    if (top.kind === "body") inBody(frames, top, token, text);
    else inValue(frames, top, token, text);
  }
  return frames;
}

function inBody(frames: Frame[], body: Frame, token: Token, text: string): void {
  const written = text.slice(token.start, token.end);
  switch (token.type) {
    case "newline":
      startLine(body);
      return;
    case "comment":
      // A line comment takes the line end with it.
      if (written.endsWith("\n")) startLine(body);
      return;
    case "identifier":
      if (body.isValue) return;
      if (body.name === undefined) body.name = written;
      else body.labels.push(written);
      return;
    case "=":
      body.isValue = true;
      return;
    case "{":
      if (body.isValue || body.name === undefined) frames.push(newFrame("brackets", token.end));
      else frames.push(newFrame("body", token.end, { type: body.name, labels: body.labels }));
      return;
    case "}":
      if (frames.length > 1) frames.pop();
      return;
    default:
      open(frames, token);
  }
}

function startLine(body: Frame): void {
  body.name = undefined;
  body.labels = [];
  body.isValue = false;
}

function inValue(frames: Frame[], top: Frame, token: Token, text: string): void {
  switch (token.type) {
    case "end-quote":
      closeFrom(frames, "quoted", "last");
      endLabel(frames.at(-1), text.slice(top.start, token.start));
      return;
    case "end-heredoc":
      closeFrom(frames, "heredoc", "last");
      return;
    case "end-sequence":
      closeFrom(frames, "sequence", "last");
      return;
    // A quote that was not closed ends with its line, and all that has been opened since, or the rest would be text.
    case "text-newline":
      closeFrom(frames, "quoted", "first");
      return;
    case ")":
    case "]":
    case "}":
      if (top.kind === "brackets") frames.pop();
      return;
    default:
      open(frames, token, token.type === "{" ? "brackets" : undefined);
  }
}

/** Closes a frame of a kind, and what is open in it. */
function closeFrom(frames: Frame[], kind: Frame["kind"], which: "first" | "last"): void {
  const isKind = (frame: Frame) => frame.kind === kind;
  const index = which === "first" ? frames.findIndex(isKind) : frames.findLastIndex(isKind);
  if (index > 0) frames.length = index;
}

function endLabel(body: Frame | undefined, label: string): void {
  if (body?.kind === "body" && !body.isValue && body.name !== undefined) body.labels.push(label);
}

function open(frames: Frame[], token: Token, brace?: "brackets"): void {
  if (token.type === "quote") frames.push(newFrame("quoted", token.end));
  else if (token.type === "heredoc") frames.push(newFrame("heredoc", token.end));
  else if (token.type === "interpolation" || token.type === "control") frames.push(newFrame("sequence", token.end));
  else if (token.type === "(" || token.type === "[" || brace) frames.push(newFrame("brackets", token.end));
}
