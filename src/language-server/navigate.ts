import type { Location, Range, TextEdit, WorkspaceEdit } from "vscode-languageserver/node";
import { ResponseError } from "vscode-languageserver/node";
import type { Span } from "../hcl/source/source-file.ts";
import { declarationsOf, type Knowledge, symbolAt, usesOf } from "./lookup.ts";
import type { TextFile } from "./text-file.ts";

/** A place with its file. */
interface Place {
  readonly file: TextFile;
  readonly span: Pick<Span, "start" | "end">;
}

/** LSP's `InvalidParams`: shown to the user. */
const INVALID_PARAMS = -32602;

/** Where what is named at an offset is declared. */
export function findDefinition(knowledge: Knowledge, file: TextFile, offset: number): Location[] {
  return declaredAt(knowledge, addressAt(knowledge, file, offset)).map(locationOf);
}

/** Where it is used, and declared too if that is asked for. */
export function findReferences(
  knowledge: Knowledge,
  {
    file,
    offset,
    withDeclaration,
  }: { readonly file: TextFile; readonly offset: number; readonly withDeclaration: boolean },
): Location[] {
  const address = addressAt(knowledge, file, offset);
  return [...(withDeclaration ? declaredAt(knowledge, address) : []), ...usedAt(knowledge, address)].map(locationOf);
}

/** The name that a rename would change; null where there is none. */
export function renameRange(knowledge: Knowledge, file: TextFile, offset: number): Range | null {
  const symbol = symbolAt(knowledge.workspace, file, offset);
  if (symbol === undefined || declaredAt(knowledge, symbol.address).length === 0) return null;
  return file.rangeOf(symbol.span);
}

/**
 * The edits that give something another name, wherever it stands.
 * @throws {ResponseError} when that can be no name, or is another's
 */
export function rename(
  knowledge: Knowledge,
  { file, offset, newName }: { readonly file: TextFile; readonly offset: number; readonly newName: string },
): WorkspaceEdit | null {
  const address = addressAt(knowledge, file, offset);
  const places = [...declaredAt(knowledge, address), ...usedAt(knowledge, address)];
  if (address === undefined || declaredAt(knowledge, address).length === 0) return null;
  if (!/^[\p{ID_Start}_][\p{ID_Continue}-]*$/u.test(newName)) {
    throw new ResponseError(INVALID_PARAMS, `"${newName}" cannot be a name: a letter, then letters, digits, _ and -`);
  }
  const renamed = address.replace(/[^.]+$/, () => newName);
  if (renamed !== address && declaredAt(knowledge, renamed).length > 0) {
    throw new ResponseError(INVALID_PARAMS, `There is a "${renamed}" already`);
  }
  const changes: Record<string, TextEdit[]> = {};
  for (const { file: target, span } of places) {
    const edits = changes[target.uri] ?? [];
    changes[target.uri] = [...edits, { range: target.rangeOf(span), newText: newName }];
  }
  return { changes };
}

function addressAt({ workspace }: Knowledge, file: TextFile, offset: number): string | undefined {
  return symbolAt(workspace, file, offset)?.address;
}

function declaredAt(knowledge: Knowledge, address: string | undefined): readonly Place[] {
  const found = declarationsOf(knowledge).filter(({ item }) => item.address === address);
  return found.map(({ file, item }) => ({ file, span: item.nameSpan }));
}

function usedAt(knowledge: Knowledge, address: string | undefined): readonly Place[] {
  return address === undefined ? [] : usesOf(knowledge, address).map(({ file, item }) => ({ file, span: item.span }));
}

function locationOf({ file, span }: Place): Location {
  return { uri: file.uri, range: file.rangeOf(span) };
}
