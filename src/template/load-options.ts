import type { ShapeLookup } from "./blocks/build-definitions.ts";
import type { ReadData } from "./blocks/prerequisites.ts";
import type { GivenVariable } from "./blocks/variable-values.ts";
import type { TemplateFiles } from "./read-template-files.ts";

/**
 * A template that is looked at while it is written. Nothing of the machine is read: what `file()`, `env()` and their like
 * give is not known. Nothing is taken for a secret, as a password that is being typed would be one at every letter.
 */
export interface EditedTemplate extends TemplateFiles {
  /** The texts of the files, by their paths. */
  readonly texts: ReadonlyMap<string, string>;
}

/** What a template's meaning depends on besides its text. */
export interface LoadOptions {
  /** A file, or a folder of `.pkr.hcl` and `.pkr.json` files. */
  readonly path: string;
  /** `-var NAME=VALUE`, or what a program gives, in their order. */
  readonly vars?: readonly GivenVariable[];
  /** `-var-file`, in their order. */
  readonly varFiles?: readonly string[];
  /** Where `PKR_VAR_NAME` and `env()` are looked up. */
  readonly env: NodeJS.ProcessEnv;
  /** Names of builds, or patterns of them. */
  readonly only?: readonly string[];
  readonly except?: readonly string[];
  /** The name of the only build that is wanted, to the letter: it may look like a pattern. */
  readonly onlyBuild?: string | undefined;
  /** What `path.cwd` is, and where relative paths in functions begin; the working folder by default. */
  readonly cwd?: string;
  /** The time that `timestamp()` gives; the present by default. */
  readonly now?: Date;
  /** Told of every file that a function reads, then or later: its absolute path, and how the template names it. */
  readonly onRead?: ((path: string, given: string) => void) | undefined;
  /** Evaluates the template as in every other run: the time, `uuidv4()` and `bcrypt()` are always the same. For comparing. */
  readonly sameInEveryRun?: boolean;
  /** What `~` means; the user's own home folder by default. */
  readonly homeFolder?: string;
  /** Where a file lies that a function of the template reads: called with the absolute path of each. */
  readonly locateFile?: (path: string) => string;
  /** Reads a data source; left out, what data sources give is not known. */
  readonly readData?: ReadData;
  /** How the options of builders and others are written: which are blocks, and which of those are repeated. */
  readonly shapeOf?: ShapeLookup;
  /** Set for a template that somebody is writing: its files are in an editor. */
  readonly edited?: EditedTemplate;
  /** Warn about variables of variable files that no template declares; true by default. */
  readonly warnUndeclared?: boolean;
}
