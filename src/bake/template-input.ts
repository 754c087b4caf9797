import type { RawValue } from "../definition/raw-value.ts";

/** What a template that another machine has sent means there, and where its files are here. */
export interface TemplateOrigin {
  /** The time of `timestamp()` and its like. */
  readonly now: Date;
  /** What `~` means; the user's own home folder when absent. */
  readonly homeFolder?: string | undefined;
  /** What `env()` and `PKR_VAR_name` read. */
  readonly env: NodeJS.ProcessEnv;
  /** Where a file lies that the template or a provisioner reads. */
  readonly locateFile: (path: string) => string;
}

/** A template, and what its meaning depends on besides its text. */
export interface TemplateInput {
  /** A `.pkr.hcl` or `.json` file, or a folder of `.pkr.hcl` files. */
  readonly template: string;
  /**
   * Values of the template's variables. They win over files, and files win over `PKR_VAR_name` in the environment. A text
   * for a variable of another type is read as an expression, as `-var` has it; anything else is taken as it is.
   */
  readonly variables?: Readonly<Record<string, RawValue>> | undefined;
  /** Files of values, in HCL or JSON; later ones win. */
  readonly variableFiles?: readonly string[] | undefined;
  /** Names of the builds to read, or patterns of them; all when absent. */
  readonly only?: readonly string[] | undefined;
  /** Names of builds and post-processors to leave out, or patterns of them. */
  readonly except?: readonly string[] | undefined;
  /** The name of the only build to read, to the letter: it may look like a pattern. */
  readonly onlyBuild?: string | undefined;
  /** Whether a value in a file for a variable that is not declared is a warning; false by default. */
  readonly warnUndeclared?: boolean | undefined;
  /** Credentials, settings and variables are read from here, and nothing is written to it; `process.env` by default. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Set for a template of another machine. */
  readonly origin?: TemplateOrigin | undefined;
}
