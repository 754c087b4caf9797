import type { GoValue } from "./go/values.ts";

/** A literal, a name or a call, with the place where it starts in the text. */
export type Operand =
  | { readonly kind: "literal"; readonly offset: number; readonly source: string; readonly value: GoValue }
  | { readonly kind: "nil"; readonly offset: number }
  | { readonly kind: "dot"; readonly offset: number }
  | { readonly kind: "function"; readonly offset: number; readonly name: string }
  /** `.A.B`, looked up from the current value. */
  | { readonly kind: "field"; readonly offset: number; readonly path: readonly string[] }
  /** `$name.A.B`; the name holds the `$`. */
  | { readonly kind: "variable"; readonly offset: number; readonly name: string; readonly path: readonly string[] }
  /** `(pipeline)` */
  | Pipeline
  /** `(pipeline).A.B` */
  | { readonly kind: "chain"; readonly offset: number; readonly of: Operand; readonly path: readonly string[] };

/** Operands side by side: a function and its arguments, or one value. */
export interface Command {
  readonly offset: number;
  readonly first: Operand;
  readonly args: readonly Operand[];
}

/** Commands joined by `|`: the value of each is the last argument of the next. */
export interface Pipeline {
  readonly kind: "pipeline";
  readonly offset: number;
  /** Variables that take the value; two of them only in a `range`. */
  readonly variables: readonly string[];
  /** `=` sets variables that exist, `:=` declares them. */
  readonly isAssignment: boolean;
  readonly commands: readonly Command[];
}

/** A part of a template: text, or an action in `{{ }}`. */
export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly pipeline: Pipeline }
  | Branch
  | { readonly kind: "break" }
  | { readonly kind: "continue" }
  | {
      readonly kind: "template";
      readonly offset: number;
      readonly name: string;
      readonly pipeline: Pipeline | undefined;
    };

export interface Branch {
  readonly kind: "if" | "with" | "range";
  readonly offset: number;
  readonly pipeline: Pipeline;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

export interface ParsedTemplate {
  readonly text: string;
  readonly nodes: readonly Node[];
  /** What `{{define "name"}}` and `{{block "name"}}` define. */
  readonly definitions: ReadonlyMap<string, readonly Node[]>;
}
