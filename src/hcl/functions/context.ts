import type { Value } from "../values/value.ts";
import type { HclFunction } from "./function.ts";

/** What `templatefile()` needs of the evaluator, given to it so that functions do not depend on how they are called. */
export type RenderTemplate = (input: {
  readonly text: string;
  /** The file's name as the template wrote it, for messages. */
  readonly file: string;
  readonly variables: ReadonlyMap<string, Value>;
  readonly functions: ReadonlyMap<string, HclFunction>;
}) => Value;

/** The world as functions see it; tests give their own. */
export interface FunctionContext {
  /** Absolute. Where the relative paths of `file()`, `fileexists()`, `fileset()` and `templatefile()` begin. */
  readonly baseFolder: string;
  /** Absolute. Where the relative paths of `abspath()` and `filebase64()` begin; left out, the working folder. */
  readonly workingFolder?: string;
  /** Where a file lies that a function reads; left out, where its path says. Called with the absolute path of each. */
  readonly locate?: (path: string) => string;
  /** What `~` means; left out, the home folder of the user. */
  readonly homeFolder?: string;
  /** What `env()` reads; left out, the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether what `env()` reads is secret, by the variable's name or by its text; left out, nothing is. */
  readonly isSecret?: (name: string, text: string) => boolean;
  /** What `timestamp()` gives; left out, the time of the call. */
  readonly now?: () => Date;
  /** What `legacy_isotime()` and `legacy_strftime()` give; left out, the start of this process. */
  readonly runStart?: Date;
  /** Told of every file that a function reads: its absolute path, and how the template names it. */
  readonly onRead?: ((path: string, given: string) => void) | undefined;
  /** Functions that draw lots give what they give in every other run; see `repeatable.ts`. */
  readonly sameInEveryRun?: boolean;
  /** @throws {FunctionError} when the template is broken or cannot be evaluated */
  readonly renderTemplate: RenderTemplate;
}
