/** A token of a YAML text, with the line that it is on. */
export type YamlToken = { readonly line: number } & (
  | { readonly type: YamlSign }
  | { readonly type: "version"; readonly version: string }
  | { readonly type: "tag-directive"; readonly handle: string; readonly prefix: string }
  | { readonly type: "anchor" | "alias"; readonly name: string }
  | { readonly type: "tag"; readonly handle: string; readonly suffix: string }
  | { readonly type: "scalar"; readonly text: string; readonly style: "plain" | "quoted" | "block" }
);

/** Tokens that say all by their type; `block-...-start` and `block-end` stand for a change of the indentation. */
export type YamlSign =
  | "stream-end"
  | "document-start"
  | "document-end"
  | "block-sequence-start"
  | "block-mapping-start"
  | "block-end"
  | "flow-sequence-start"
  | "flow-sequence-end"
  | "flow-mapping-start"
  | "flow-mapping-end"
  | "block-entry"
  | "flow-entry"
  | "key"
  | "value";
