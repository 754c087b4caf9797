import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { nullValue, objectValue, tupleValue, type Value } from "../values/value.ts";
import { FunctionError } from "./function.ts";
import { resolveScalar, type YamlScalar } from "./yaml-scalar.ts";

/**
 * Reads one YAML document: mappings become objects, sequences tuples.
 *
 * @throws {FunctionError} when the text is not YAML, or holds what has no counterpart here
 */
export function fromYaml(text: string): Value {
  const documents = parseAllDocuments(text, {
    version: "1.1",
    schema: "failsafe",
    uniqueKeys: false,
    logLevel: "silent",
  });
  const [document] = documents;
  const isEmpty =
    !document || !("contents" in document) || (document.contents === null && !document.directives.docStart);
  if (isEmpty) throw new FunctionError("the YAML text has no value");
  const [problem] = documents.flatMap(({ errors }) => errors);
  if (problem) throw new FunctionError(`on line ${problem.linePos?.[0].line ?? 1}: ${problem.message.split("\n")[0]}`);
  if (documents.length > 1) throw new FunctionError("only a single YAML document is allowed");
  return new YamlReader(document).read();
}

const PREFIX = "tag:yaml.org,2002:";
/** Deeper than any document, and shallow enough for our call stack. */
const DEEPEST = 1000;

class YamlReader {
  readonly #document: Document.Parsed;
  /** What has been read, so that an anchor with many aliases is read once; undefined while it is being read. */
  readonly #known = new Map<Node, Value | undefined>();
  #depth = 0;

  constructor(document: Document.Parsed) {
    this.#document = document;
  }

  read(): Value {
    return this.#node(this.#document.contents);
  }

  #node(node: unknown): Value {
    if (node === null || node === undefined) return nullValue();
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      if (!target) throw new FunctionError(`the YAML alias "*${node.source}" has no anchor`);
      return this.#once(target);
    }
    if (isScalar(node) || isMap(node) || isSeq(node)) return this.#once(node);
    throw new FunctionError("the YAML text holds what is no value");
  }

  #once(node: Node): Value {
    const known = this.#known.get(node);
    if (known) return known;
    if (this.#known.has(node)) throw new FunctionError("a YAML anchor refers to itself");
    if (++this.#depth > DEEPEST) throw new FunctionError("the YAML text is nested too deeply");
    this.#known.set(node, undefined);
    const value = this.#content(node);
    this.#known.set(node, value);
    this.#depth--;
    return value;
  }

  #content(node: Node): Value {
    if (isScalar(node)) return scalarValue(node);
    if (isSeq(node)) {
      expectTag(node, "seq");
      return tupleValue(node.items.map((item) => this.#node(item)));
    }
    if (isMap(node)) {
      expectTag(node, "map");
      return this.#mapping(node);
    }
    return this.#node(node);
  }

  /** Of equal keys the last one counts; `<<` brings in the entries of another mapping. */
  #mapping(map: YAMLMap): Value {
    const entries = new Map<string, Value>();
    for (const { key, value } of map.items) {
      if (!isScalar(key) && key !== null) throw new FunctionError("only strings are allowed as keys of a YAML mapping");
      const name = key === null ? undefined : keyOf(key);
      if (name === undefined) throw new FunctionError("a key of a YAML mapping must not be null");
      const item = this.#node(value);
      if (name !== MERGE) entries.set(name, item);
      else if (item.type.kind === "object" && !item.isNull)
        for (const [inner, kept] of item.asMap()) entries.set(inner, kept);
      else throw new FunctionError("only a mapping can be merged into a YAML mapping");
    }
    return objectValue(entries);
  }
}

const MERGE = Symbol("<<");

function keyOf(key: Scalar): string | typeof MERGE | undefined {
  if (!key.tag && textOf(key) === "<<") return MERGE; // quoted too, in Packer and so here
  const value = scalarValue(key);
  if (value.isNull) return undefined;
  if (value.type.kind === "bool") return String(value.asBool());
  return value.type.kind === "number" ? value.asNumber().toString() : value.asString();
}

function scalarValue(scalar: Scalar): Value {
  const tag = scalar.tag?.startsWith(PREFIX) ? scalar.tag.slice(PREFIX.length) : scalar.tag;
  return resolveScalar({ text: textOf(scalar), tag: tag || undefined, style: styleOf(scalar) });
}

function styleOf({ type }: Scalar): YamlScalar["style"] {
  if (type === "QUOTE_DOUBLE" || type === "QUOTE_SINGLE") return "quoted";
  return type === "BLOCK_LITERAL" || type === "BLOCK_FOLDED" ? "block" : "plain";
}

function textOf({ value, source }: Scalar): string {
  return typeof value === "string" ? value : (source ?? "");
}

function expectTag(node: YAMLMap | { readonly tag?: string }, kind: "map" | "seq"): void {
  if (node.tag && node.tag !== `${PREFIX}${kind}`)
    throw new FunctionError(`a YAML node of this kind cannot be ${node.tag}`);
}
