import { z } from "zod";
import { didYouMean } from "../common/did-you-mean.ts";
import { ChrootError, ConfigError, type ConfigProblem } from "../common/errors.ts";
import { PARSED_ONCE } from "../common/parsed-once.ts";
import { isRawList, type RawConfig, type RawValue } from "../definition/raw-value.ts";
import { RESERVED_NAME_PROBLEM, reservedNames } from "../definition/reserved-names.ts";
import type { RenderContext } from "../go-template/context.ts";
import { expandVariables } from "../go-template/expand-variables.ts";
import { renderOnce } from "../go-template/render.ts";

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** The options of a shape as code has them: `remote_path` is `remotePath`. */
export type OptionsOf<Shape extends z.ZodRawShape> = {
  readonly [Name in keyof z.output<z.ZodObject<Shape>> as CamelCase<Name & string>]: z.output<z.ZodObject<Shape>>[Name];
};

/**
 * Renders the `{{ }}` of a plugin's options and reads them. A null counts as not given, as in Packer.
 *
 * @param rendersItself Options that the plugin renders later, with values of its own such as `{{.Path}}`
 * @throws {ConfigError} with every problem; unknown options get the nearest known name as their hint
 */
export function readOptions<Shape extends z.ZodRawShape>(
  shape: Shape,
  raw: RawConfig,
  context: RenderContext,
  rendersItself: readonly string[] = [],
): OptionsOf<Shape> {
  const { options, problems: unrendered } = renderGiven(raw, context, rendersItself);
  const lost = Object.entries(options).flatMap(([name, value]) => reservedNames(value, name));
  const problems = [
    ...unrendered,
    ...lost.map((option) => ({ option, message: RESERVED_NAME_PROBLEM, hint: undefined })),
  ];
  const result = z.strictObject(shape).safeParse(options, PARSED_ONCE);
  if (!result.success) problems.push(...result.error.issues.flatMap((issue) => describeIssue(issue, shape)));
  if (problems.length > 0 || !result.success) throw new ConfigError(problems);
  return camelKeys<Shape>(result.data);
}

/** The options that are given, with their `{{ }}` rendered, and what could not be. */
export function renderGiven(
  raw: RawConfig,
  context: RenderContext,
  rendersItself: readonly string[] = [],
): { readonly options: RawConfig; readonly problems: readonly ConfigProblem[] } {
  const problems: ConfigProblem[] = [];
  const given = Object.entries(raw).filter(([, value]) => value !== null);
  const rendered = given.map(([option, value]) => {
    const render = rendersItself.includes(option) ? expandVariables : renderOnce;
    const report = ({ message, hint }: ChrootError) => problems.push({ option, message, hint });
    return [option, renderStrings(value, (text) => render(text, context), report)] as const;
  });
  return { options: Object.fromEntries(rendered), problems };
}

function renderStrings(
  value: RawValue,
  render: (text: string) => string,
  report: (error: ChrootError) => void,
): RawValue {
  if (typeof value === "string") {
    try {
      return render(value);
    } catch (error) {
      if (!(error instanceof ChrootError)) throw error;
      report(error);
      return value;
    }
  }
  if (value === null || typeof value !== "object") return value;
  if (isRawList(value)) return value.map((item) => renderStrings(item, render, report));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renderStrings(item, render, report)]));
}

function describeIssue(issue: z.core.$ZodIssue, shape: z.ZodRawShape): ConfigProblem[] {
  if (issue.code === "unrecognized_keys" && issue.path.length === 0) {
    return issue.keys.map((option) => {
      const meant = didYouMean(option, Object.keys(shape));
      return { option, message: "is not an option here", hint: meant && `did you mean "${meant}"?` };
    });
  }
  const option = issue.path.map((part, index) =>
    typeof part === "number" ? `[${part}]` : (index ? "." : "") + String(part),
  );
  return [{ option: option.join(""), message: issue.message }];
}

function camelKeys<Shape extends z.ZodRawShape>(options: object): OptionsOf<Shape> {
  const entries = Object.entries(options).map(([name, value]) => [
    name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  // The keys are renamed by the same rule as in the type.
  return Object.fromEntries(entries) as OptionsOf<Shape>;
}
