import { parseDuration } from "../../common/duration.ts";
import type { RawConfig, RawValue } from "../../definition/raw-value.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";
import type { SourceFile, Span } from "../../hcl/source/source-file.ts";
import {
  type JsonMember,
  type JsonNode,
  type JsonObject,
  JsonSyntaxError,
  parseJsonTree,
} from "../../hcl/syntax/json-tree.ts";
import type { LegacyOptions } from "./legacy-template.ts";

/** Reads the parts of a JSON template by the types that they must have, and reports those that have another one. */
export class NodeReader {
  readonly source: SourceFile;
  readonly diagnostics: Diagnostics;

  constructor(source: SourceFile, diagnostics: Diagnostics) {
    this.source = source;
    this.diagnostics = diagnostics;
  }

  spanOf({ start, end }: { readonly start: number; readonly end: number }): Span {
    return { source: this.source, start, end };
  }

  /** @returns undefined, so that a reader can end with it */
  fail(summary: string, detail: string, place: { readonly start: number; readonly end: number }): undefined {
    this.diagnostics.error(summary, detail, this.spanOf(place));
    return undefined;
  }

  /** The text as JSON; undefined, and reported, when it is not. */
  tree(summary: string): JsonNode | undefined {
    const { text } = this.source;
    try {
      return parseJsonTree(text);
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      const { offset, message } = error;
      const detail = `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
      return this.fail(summary, detail, { start: offset, end: Math.min(offset + 1, text.length) });
    }
  }

  object(node: JsonNode, what: string): JsonObject | undefined {
    return node.kind === "object" ? node : this.#mismatch(node, what, "an object");
  }

  list(node: JsonNode | undefined, what: string): readonly JsonNode[] {
    if (node === undefined) return [];
    return node.kind === "array" ? node.items : (this.#mismatch(node, what, "a list") ?? []);
  }

  string(node: JsonNode, what: string): string | undefined {
    return node.kind === "string" ? node.text : this.#mismatch(node, what, "a string");
  }

  /** A string, or a number or bool in its place. */
  text(node: JsonNode, what: string): string | undefined {
    if (node.kind === "string" || node.kind === "number") return node.text;
    // Packer makes 1 and 0 of them.
    return node.kind === "bool" ? String(Number(node.value)) : this.#mismatch(node, what, "a string");
  }

  /** Strings, or one string in the place of a list of one. */
  texts(node: JsonNode, what: string): readonly string[] {
    const items = node.kind === "array" ? node.items : [node];
    return items.map((item) => this.text(item, what)).filter((text) => text !== undefined);
  }

  bool(node: JsonNode, what: string): boolean | undefined {
    return node.kind === "bool" ? node.value : this.#mismatch(node, what, "true or false");
  }

  /** A duration such as `10s`, or a number of nanoseconds. */
  milliseconds(node: JsonNode, what: string): number {
    const text = node.kind === "number" ? `${node.text}ns` : this.string(node, what);
    if (text === undefined) return 0;
    const duration = parseDuration(text);
    if (duration !== undefined && duration >= 0) return duration;
    this.fail("Invalid duration", `${what} must be a duration such as "10s" or "1h30m", not "${text}".`, node);
    return 0;
  }

  #mismatch(node: JsonNode, what: string, wanted: string): undefined {
    const given = { object: "an object", array: "a list", string: "a string", number: "a number" } as const;
    const found =
      node.kind === "null" || node.kind === "bool" ? (node.kind === "null" ? "null" : "a bool") : given[node.kind];
    return this.fail("Wrong type in the template", `${what} must be ${wanted}, not ${found}.`, node);
  }

  /** What is left of an object's members for the plugin itself. */
  options(members: readonly JsonMember[]): LegacyOptions {
    const places = new Map<string, Span>();
    for (const { key, keyPlace, value } of members) {
      places.set(key, this.spanOf(keyPlace));
      this.#collectPlaces(value, key, places);
    }
    return { config: toConfig(members), places };
  }

  #collectPlaces(node: JsonNode, path: string, places: Map<string, Span>): void {
    if (node.kind === "object") {
      for (const { key, keyPlace, value } of node.members) {
        places.set(`${path}.${key}`, this.spanOf(keyPlace));
        this.#collectPlaces(value, `${path}.${key}`, places);
      }
    } else if (node.kind === "array") {
      for (const [index, item] of node.items.entries()) {
        places.set(`${path}[${index}]`, this.spanOf(item));
        this.#collectPlaces(item, `${path}[${index}]`, places);
      }
    }
  }
}

export function toConfig(members: readonly JsonMember[]): RawConfig {
  return Object.fromEntries(members.map(({ key, value }) => [key, toRaw(value)]));
}

function toRaw(node: JsonNode): RawValue {
  switch (node.kind) {
    case "object":
      return toConfig(node.members);
    case "array":
      return node.items.map(toRaw);
    case "string":
      return node.text;
    case "number":
      return Number(node.text);
    case "bool":
      return node.value;
    case "null":
      return null;
  }
}
