import { nullValue, objectValue, tupleValue, type Value } from "../../values/value.ts";
import { FunctionError } from "../function.ts";
import { resolveKey, resolveScalar, type YamlScalar } from "./scalar.ts";
import { YamlScanner } from "./scanner.ts";
import type { YamlToken } from "./token.ts";

/**
 * Reads one YAML document: mappings become objects, sequences tuples.
 *
 * @throws {FunctionError} when the text is not YAML, or holds what has no counterpart here
 */
export function fromYaml(text: string): Value {
  return new YamlReader(new YamlScanner(text)).read();
}

const PREFIX = "tag:yaml.org,2002:";
const VERSION = "1.1";
const DEEPEST = 1000;

/** What stands before a node. */
interface Properties {
  readonly anchor: string | undefined;
  readonly tag: string | undefined;
}

type TokenType = YamlToken["type"];

class YamlReader {
  readonly #scanner: YamlScanner;
  readonly #tagPrefixes = new Map([
    ["!", "!"],
    ["!!", PREFIX],
  ]);
  /** The value of each anchor; undefined while it is being read. */
  readonly #anchors = new Map<string, Value | undefined>();
  #depth = 0;

  constructor(scanner: YamlScanner) {
    this.#scanner = scanner;
  }

  /** `stream = directive* "---"? node "..."*` */
  read(): Value {
    if (this.#at("stream-end")) throw new FunctionError("the YAML text has no value");
    const value = this.#startDocument() ? nullValue() : this.#node({ isBlock: true });
    while (this.#take("document-end"));
    if (!this.#at("stream-end")) this.#scanner.fail("only a single YAML document is allowed");
    return value;
  }

  /** @returns whether the document is over as soon as it has begun, which makes it null */
  #startDocument(): boolean {
    if (!this.#at("version", "tag-directive", "document-start")) return false;
    this.#directives();
    if (!this.#take("document-start")) this.#scanner.fail('"---" is required after directives');
    return this.#at("version", "tag-directive", "document-start", "document-end", "stream-end");
  }

  #directives(): void {
    const handles = new Set<string>();
    let hasVersion = false;
    for (;;) {
      const token = this.#scanner.peek();
      if (token.type === "version") {
        if (hasVersion) this.#scanner.fail("there is a second %YAML directive");
        if (token.version !== VERSION) this.#scanner.fail(`YAML ${token.version} cannot be read, only ${VERSION}`);
        hasVersion = true;
      } else if (token.type === "tag-directive") {
        if (handles.has(token.handle)) this.#scanner.fail(`there is a second %TAG directive for "${token.handle}"`);
        handles.add(token.handle);
        this.#tagPrefixes.set(token.handle, token.prefix);
      } else return;
      this.#scanner.next();
    }
  }

  #at(...types: readonly TokenType[]): boolean {
    return types.includes(this.#scanner.peek().type);
  }

  #take(type: TokenType): boolean {
    if (!this.#at(type)) return false;
    this.#scanner.next();
    return true;
  }

  /** `node = alias | properties? (scalar | sequence | mapping)`, where properties alone are a null. */
  #node(place: { readonly isBlock: boolean; readonly isInMapping?: boolean }): Value {
    const first = this.#scanner.peek();
    if (first.type === "alias") {
      this.#scanner.next();
      return this.#anchored(first.name);
    }
    const properties = this.#properties();
    const { anchor } = properties;
    if (anchor !== undefined) this.#anchors.set(anchor, undefined);
    if (++this.#depth > DEEPEST) this.#scanner.fail("it is nested too deeply", first);
    const value = this.#content(properties, place);
    this.#depth--;
    if (anchor !== undefined) this.#anchors.set(anchor, value);
    return value;
  }

  #anchored(name: string): Value {
    const value = this.#anchors.get(name);
    if (value) return value;
    throw new FunctionError(
      this.#anchors.has(name) ? "a YAML anchor refers to itself" : `the YAML alias "*${name}" has no anchor`,
    );
  }

  /** An anchor and a tag, in either order. */
  #properties(): Properties {
    let anchor: string | undefined;
    let tag: string | undefined;
    for (;;) {
      const token = this.#scanner.peek();
      if (token.type === "anchor" && anchor === undefined) anchor = token.name;
      else if (token.type === "tag" && tag === undefined) tag = this.#tagOf(token);
      else return { anchor, tag };
      this.#scanner.next();
    }
  }

  #tagOf({ handle, suffix }: YamlToken & { type: "tag" }): string {
    if (handle === "") return suffix;
    const prefix = this.#tagPrefixes.get(handle);
    return prefix === undefined
      ? this.#scanner.fail(`no %TAG directive says what "${handle}" stands for`)
      : prefix + suffix;
  }

  #content({ anchor, tag }: Properties, place: { readonly isBlock: boolean; readonly isInMapping?: boolean }): Value {
    const token = this.#scanner.peek();
    if (token.type === "scalar") {
      this.#scanner.next();
      return resolveScalar(scalarOf(token, tag));
    }
    // Entries of a list need not stand further in than the key that they belong to.
    const isIndentless = place.isInMapping && token.type === "block-entry";
    if (
      isIndentless ||
      token.type === "flow-sequence-start" ||
      (place.isBlock && token.type === "block-sequence-start")
    ) {
      this.#expectTag(tag, "seq");
      return tupleValue(isIndentless ? this.#indentlessItems() : this.#items(token.type));
    }
    if (token.type === "flow-mapping-start" || (place.isBlock && token.type === "block-mapping-start")) {
      this.#expectTag(tag, "map");
      return objectValue(token.type === "flow-mapping-start" ? this.#flowEntries() : this.#blockEntries());
    }
    if (anchor !== undefined || tag !== undefined)
      return resolveScalar({ text: "", tag: shortTag(tag), style: "plain" });
    return this.#scanner.fail("a value is required here");
  }

  #expectTag(tag: string | undefined, kind: "map" | "seq"): void {
    if (tag !== undefined && tag !== `${PREFIX}${kind}`)
      this.#scanner.fail(`a YAML node of this kind cannot be ${tag}`);
  }

  #items(start: TokenType): readonly Value[] {
    this.#scanner.next();
    return start === "flow-sequence-start" ? this.#flowItems() : this.#blockItems();
  }

  #blockItems(): readonly Value[] {
    const items: Value[] = [];
    while (this.#take("block-entry")) items.push(this.#optional({ isBlock: true }, "block-entry", "block-end"));
    if (!this.#take("block-end")) this.#scanner.fail('a "-" is required here');
    return items;
  }

  #indentlessItems(): readonly Value[] {
    const items: Value[] = [];
    while (this.#take("block-entry"))
      items.push(this.#optional({ isBlock: true }, "block-entry", "key", "value", "block-end"));
    return items;
  }

  /** A node, or the null that stands for one where a token of these types comes at once. */
  #optional(
    place: { readonly isBlock: boolean; readonly isInMapping?: boolean },
    ...ends: readonly TokenType[]
  ): Value {
    return this.#at(...ends) ? nullValue() : this.#node(place);
  }

  /** Of equal keys the last one counts; `<<` brings in the entries of another mapping. */
  #blockEntries(): ReadonlyMap<string, Value> {
    this.#scanner.next();
    const entries = new Map<string, Value>();
    const place = { isBlock: true, isInMapping: true };
    while (this.#take("key")) {
      const key = this.#key("key", "value", "block-end");
      const value = this.#take("value") ? this.#optional(place, "key", "value", "block-end") : nullValue();
      this.#set(entries, key, value);
    }
    if (!this.#take("block-end")) this.#scanner.fail("a key of a mapping is required here");
    return entries;
  }

  #flowItems(): readonly Value[] {
    const items: Value[] = [];
    for (let isFirst = true; !this.#take("flow-sequence-end"); isFirst = false) {
      if (!isFirst && !this.#take("flow-entry")) this.#scanner.fail('"," or "]" is required here');
      if (this.#take("flow-sequence-end")) break;
      items.push(this.#take("key") ? this.#pair() : this.#node({ isBlock: false }));
    }
    return items;
  }

  /** `[key: value]`, a mapping of one entry. */
  #pair(): Value {
    const entries = new Map<string, Value>();
    const ends = ["flow-entry", "flow-sequence-end"] as const;
    const key = this.#key("value", ...ends);
    const value = this.#take("value") ? this.#optional({ isBlock: false }, ...ends) : nullValue();
    this.#set(entries, key, value);
    return objectValue(entries);
  }

  #flowEntries(): ReadonlyMap<string, Value> {
    this.#scanner.next();
    const entries = new Map<string, Value>();
    const ends = ["flow-entry", "flow-mapping-end"] as const;
    for (let isFirst = true; !this.#take("flow-mapping-end"); isFirst = false) {
      if (!isFirst && !this.#take("flow-entry")) this.#scanner.fail('"," or "}" is required here');
      if (this.#take("flow-mapping-end")) break;
      const isPair = this.#take("key");
      const key = isPair ? this.#key("value", ...ends) : this.#key();
      const value = isPair && this.#take("value") ? this.#optional({ isBlock: false }, ...ends) : nullValue();
      this.#set(entries, key, value);
    }
    return entries;
  }

  /** A key; it must be a scalar, and not null, as the one that a token of these types stands for. */
  #key(...ends: readonly TokenType[]): string | typeof MERGE {
    if (this.#at(...ends)) return this.#scanner.fail("a key of a YAML mapping must not be null");
    // An alias cannot refer to a key.
    const { tag } = this.#properties();
    const token = this.#scanner.peek();
    if (token.type !== "scalar") return this.#scanner.fail("only strings are allowed as keys of a YAML mapping");
    this.#scanner.next();
    const scalar = scalarOf(token, tag);
    // Quoted too, in Packer and so here.
    if (tag === undefined && scalar.text === "<<") return MERGE;
    return resolveKey(scalar) ?? this.#scanner.fail("a key of a YAML mapping must not be null", token);
  }

  #set(entries: Map<string, Value>, key: string | typeof MERGE, value: Value): void {
    if (key !== MERGE) {
      entries.set(key, value);
      return;
    }
    if (value.type.kind !== "object" || value.isNull)
      this.#scanner.fail("only a mapping can be merged into another one");
    for (const [inner, kept] of value.asMap()) entries.set(inner, kept);
  }
}

const MERGE = Symbol("<<");

function scalarOf({ text, style }: YamlToken & { type: "scalar" }, tag: string | undefined): YamlScalar {
  return { text, style, tag: shortTag(tag) };
}

function shortTag(tag: string | undefined): string | undefined {
  return tag?.startsWith(PREFIX) ? tag.slice(PREFIX.length) : tag;
}
