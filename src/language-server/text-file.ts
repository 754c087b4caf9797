import type { Range } from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { Location } from "../common/location.ts";
import { Diagnostics } from "../hcl/source/diagnostic.ts";
import { SourceFile, type Span } from "../hcl/source/source-file.ts";
import { parseFile } from "../hcl/syntax/parse.ts";
import { parseJsonFile } from "../hcl/syntax/parse-json.ts";
import type { Body } from "../hcl/syntax/syntax.ts";

/** What a file's name says that it is; undefined for files of others. */
export type FileKind = "template" | "variables";

export function fileKind(path: string): FileKind | undefined {
  if (/\.pkr\.(hcl|json)$/.test(path)) return "template";
  return /\.pkrvars\.(hcl|json)$/.test(path) ? "variables" : undefined;
}

/**
 * One file, with its text as the editor or the disk has it. Offsets are those of the text, a byte order mark included, in
 * UTF-16 units, as the protocol counts them.
 */
export class TextFile {
  readonly path: string;
  readonly uri: string;
  readonly text: string;
  readonly kind: FileKind;
  /** As the editor counts them. */
  readonly version: number;
  readonly #document: TextDocument;
  readonly #source: SourceFile;
  #body: Body | undefined;

  constructor(path: string, kind: FileKind, document: TextDocument) {
    this.path = path;
    this.uri = document.uri;
    this.kind = kind;
    this.text = document.getText();
    this.version = document.version;
    this.#document = document;
    this.#source = new SourceFile(path, this.text);
  }

  get isJson(): boolean {
    return this.path.endsWith(".json");
  }

  /** What could be read of it. */
  get body(): Body {
    const source = this.#source;
    const isLiteral = () => this.kind === "variables";
    this.#body ??= this.isJson
      ? (parseJsonFile(source, new Diagnostics(), isLiteral) ?? emptyBody(source))
      : parseFile(source, new Diagnostics());
    return this.#body;
  }

  offsetAt(position: { readonly line: number; readonly character: number }): number {
    return this.#document.offsetAt(position);
  }

  /** Of a location, which counts what a reader takes for a character. */
  offsetOf(location: Pick<Location, "line" | "column">): number {
    return this.#source.offsetOf(location);
  }

  rangeOf({ start, end }: Pick<Span, "start" | "end">): Range {
    return { start: this.#document.positionAt(start), end: this.#document.positionAt(end) };
  }
}

function emptyBody(source: SourceFile): Body {
  return { attributes: [], blocks: [], endSpan: { source, start: source.text.length, end: source.text.length } };
}
