import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { TextDocument } from "vscode-languageserver-textdocument";
import { decodeUtf8 } from "../common/utf8.ts";
import { type FileSymbols, readSymbols } from "./symbols.ts";
import { fileKind, TextFile } from "./text-file.ts";

/** Larger files are none that anybody writes by hand, and are left to the build. */
const LARGEST_FILE_BYTES = 4 * 1024 * 1024;
/** A folder with more files is no template. */
const MOST_FILES = 500;

/** The files that are one template, as far as can be told from what they declare and use. */
export interface Unit {
  readonly folder: string;
  readonly templates: readonly TextFile[];
  /** Those that the folder has by itself: `*.auto.pkrvars.hcl`. */
  readonly autoVariables: readonly TextFile[];
  /** Other files of values. */
  readonly variables: readonly TextFile[];
}

/** The files that an editor has open, and those beside them. */
export class Workspace {
  readonly #open = new Map<string, TextFile>();
  /** By the file: what it declares is asked for again and again, and changes with its text only. */
  readonly #symbols = new WeakMap<TextFile, FileSymbols>();
  readonly #onDisk = new Map<string, { readonly stamp: string; readonly file: TextFile }>();

  /** @returns the file, or undefined when it is none of ours */
  change(document: TextDocument): TextFile | undefined {
    const path = pathOf(document.uri);
    const kind = path === undefined ? undefined : fileKind(path);
    if (path === undefined || kind === undefined) return undefined;
    const file = new TextFile(path, kind, document);
    this.#open.set(path, file);
    return file;
  }

  close(uri: string): void {
    const path = pathOf(uri);
    if (path !== undefined) this.#open.delete(path);
  }

  get openFiles(): readonly TextFile[] {
    return [...this.#open.values()];
  }

  fileOf(uri: string): TextFile | undefined {
    return this.#open.get(pathOf(uri) ?? "");
  }

  symbolsOf(file: TextFile): FileSymbols {
    const known = this.#symbols.get(file);
    if (known) return known;
    const symbols = readSymbols(file);
    this.#symbols.set(file, symbols);
    return symbols;
  }

  /** What a file is a part of. */
  unitOf(file: TextFile): Unit {
    const folder = dirname(file.path);
    const files = this.#filesOf(folder);
    const templates = files.filter(({ kind }) => kind === "template");
    const variables = files.filter(({ kind }) => kind === "variables");
    const isAuto = ({ path }: TextFile) => /\.auto\.pkrvars\.(hcl|json)$/.test(path);
    return {
      folder,
      templates: file.kind === "template" ? this.#partsOf(file, templates) : templates,
      autoVariables: variables.filter(isAuto),
      variables: variables.filter((each) => !isAuto(each)),
    };
  }

  /**
   * A folder is one template, or, as `examples/` are, several. A file that has a build and all that it uses is one by itself,
   * unless others use what it declares; and two with builds that declare the same cannot be of one template.
   */
  #partsOf(file: TextFile, templates: readonly TextFile[]): readonly TextFile[] {
    const others = templates.filter((other) => other !== file && !this.#contradict(file, other));
    const isNeeded = (each: TextFile) => others.some((other) => other !== each && this.#needs(other, each));
    if (this.#isWhole(file) && !isNeeded(file)) return [file];
    const wanted = [file];
    for (const each of wanted) {
      const more = others.filter((other) => !wanted.includes(other) && this.#belongs(other, each));
      wanted.push(...more);
    }
    return templates.filter((each) => wanted.includes(each));
  }

  #belongs(other: TextFile, file: TextFile): boolean {
    return !this.#isWhole(other) || this.#needs(other, file) || this.#needs(file, other);
  }

  #isWhole(file: TextFile): boolean {
    const { builds, uses } = this.symbolsOf(file);
    const declared = this.#addresses(file);
    return builds.length > 0 && uses.every(({ address }) => declared.has(address));
  }

  /** Whether a file uses what it does not declare and the other does. */
  #needs(file: TextFile, other: TextFile): boolean {
    const [own, theirs] = [this.#addresses(file), this.#addresses(other)];
    return this.symbolsOf(file).uses.some(({ address }) => !own.has(address) && theirs.has(address));
  }

  #contradict(a: TextFile, b: TextFile): boolean {
    const areBuilds = [a, b].every((file) => this.symbolsOf(file).builds.length > 0);
    const theirs = this.#addresses(b);
    return areBuilds && [...this.#addresses(a)].some((address) => theirs.has(address));
  }

  #addresses(file: TextFile): ReadonlySet<string> {
    return new Set(this.symbolsOf(file).declarations.map(({ address }) => address));
  }

  /** Those of the disk, with what is open in place of what is saved, in the order in which they are loaded. */
  #filesOf(folder: string): readonly TextFile[] {
    const open = [...this.#open.values()].filter(({ path }) => dirname(path) === folder);
    const names = new Set([...namesIn(folder).map((name) => join(folder, name)), ...open.map(({ path }) => path)]);
    return [...names].sort().flatMap((path) => this.#open.get(path) ?? this.#read(path) ?? []);
  }

  #read(path: string): TextFile | undefined {
    const kind = fileKind(path);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (kind === undefined || !stats?.isFile() || stats.size > LARGEST_FILE_BYTES) return undefined;
    const stamp = `${stats.mtimeMs} ${stats.size} ${stats.ino}`;
    const known = this.#onDisk.get(path);
    if (known?.stamp === stamp) return known.file;
    const text = readText(path);
    if (text === undefined) return undefined;
    const file = new TextFile(path, kind, TextDocument.create(pathToFileURL(path).href, "hcl", 0, text));
    this.#onDisk.set(path, { stamp, file });
    return file;
  }
}

function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith("file:") ? fileURLToPath(uri) : undefined;
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => fileKind(name) !== undefined)
      .slice(0, MOST_FILES);
  } catch {
    return [];
  }
}

function readText(path: string): string | undefined {
  try {
    return decodeUtf8(readFileSync(path));
  } catch {
    return undefined;
  }
}
