import documented from "./documented.json" with { type: "json" };

/** A function as docs/functions.md has it. */
export interface FunctionHelp {
  /** Each way to call it: `range(max)`, `range(start, limit)`. */
  readonly signatures: readonly string[];
  readonly about: string;
  readonly example?: string;
}

/** What docs/provisioners.md says of an option. */
export interface ComponentOptionHelp {
  readonly default?: string;
  readonly about: string;
}

// documented.json is made by `npm run docs` from those pages. Changes belong there.
export const functionHelp: Readonly<Record<string, FunctionHelp>> = documented.functions;

/** The options of provisioners and post-processors, by `provisioner TYPE` and `post-processor TYPE`. */
export const componentHelp: Readonly<Record<string, Readonly<Record<string, ComponentOptionHelp>>>> =
  documented.components;
