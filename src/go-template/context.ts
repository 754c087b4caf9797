import type { GoValue } from "./go/values.ts";

/** A value that a template can be given. A whole number in `data` counts as Go's `int`, a fraction as its `float64`. */
export type TemplateValue = GoValue;

/** What a function of a template takes: the types are checked before it is called. */
export type ParameterType = "string" | "int" | "any";

/** A function that templates can call. */
export interface TemplateFunction {
  readonly params: readonly ParameterType[];
  /** Any number of further arguments of this type. */
  readonly rest?: ParameterType;
  /** Gets, and returns, integers as bigint and floats as number. What it throws fails the rendering. */
  call(...args: readonly TemplateValue[]): TemplateValue;
}

/** All that a template's meaning depends on besides its text. Everything may be left out. */
export interface RenderContext {
  /** The late values: `{ Device: "/dev/xvdf" }` makes `{{.Device}}` known. */
  readonly data?: Readonly<Record<string, TemplateValue>>;
  /** What an unknown `{{.Name}}` does: fail (the default), or print `<no value>` as Go does for a map. */
  readonly missingKey?: "error" | "no-value";
  /** What `{{user "name"}}` reads. An unknown name gives an empty string, as in Packer. */
  readonly userVariables?: Readonly<Record<string, string>>;
  /** What `{{build "ID"}}` reads: the values of the running build. */
  readonly build?: Readonly<Record<string, string>>;
  /** What `{{env "NAME"}}` reads. Left out, `env` is refused: Packer allows it in variables only. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly buildName?: string;
  readonly buildType?: string;
  /** The template file; `{{template_dir}}` is its folder. */
  readonly templatePath?: string;
  /** The time of `timestamp`, `isotime` and `strftime`; left out, the start of this process. */
  readonly now?: Date;
  /** `{{pwd}}`; left out, the working folder of this process. */
  readonly workingFolder?: string;
  /** Functions beyond Packer's, or in their place. */
  readonly functions?: Readonly<Record<string, TemplateFunction>>;
}
