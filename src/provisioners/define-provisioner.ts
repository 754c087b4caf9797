import type { z } from "zod";
import { ConfigError, type ConfigProblem } from "../common/errors.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import type { RenderContext } from "../go-template/context.ts";
import { hclTypesOf } from "./option-types.ts";
import type { InputFile, LocalFile, ProvisionerInput, ProvisionerType } from "./provisioner.ts";
import { type OptionsOf, readOptions, renderGiven } from "./read-options.ts";

export interface ProvisionerParts<Shape extends z.ZodRawShape> {
  readonly type: string;
  readonly warning?: string;
  /** The options as the user types them; any other is refused. */
  readonly options: Shape;
  /** Options whose `{{ }}` is rendered in `run`, with values of its own such as `{{.Path}}`. */
  readonly rendersItself?: readonly string[];
  /** What the types of the options cannot tell: which exclude each other, which files must exist. */
  check(options: OptionsOf<Shape>): readonly ConfigProblem[];
  /** The files of this machine that the options name; none when absent. */
  localFiles?(options: OptionsOf<Shape>): readonly LocalFile[];
  run(options: OptionsOf<Shape>, input: ProvisionerInput): Promise<void>;
  /** Options that decide nothing of what is in the image, such as pauses, and those whose files are read. */
  readonly notCounted?: readonly (keyof Shape & string)[];
  /** What is read of this machine, and what of it counts; by default the contents of what {@link localFiles} names. */
  reads?(options: OptionsOf<Shape>): readonly InputFile[];
}

/** Makes a type of provisioner of its options, its check and what it does. */
export function defineProvisioner<Shape extends z.ZodRawShape>(parts: ProvisionerParts<Shape>): ProvisionerType {
  const readFrom = (raw: RawConfig, context: RenderContext) =>
    readOptions(parts.options, raw, context, parts.rendersItself);
  const namedFiles = (options: OptionsOf<Shape>): readonly InputFile[] =>
    (parts.localFiles?.(options) ?? []).flatMap(({ path, use }) => (use === "write" ? [] : [{ path }]));
  const readsOf = parts.reads ?? namedFiles;
  return {
    type: parts.type,
    warning: parts.warning,
    hclTypes: hclTypesOf(parts.options),
    localFiles(raw, context) {
      try {
        return parts.localFiles?.(readFrom(raw, context)) ?? [];
      } catch (error) {
        if (error instanceof ConfigError) return [];
        throw error;
      }
    },
    reads: (raw, context) => readsOf(readFrom(raw, context)),
    prepare(raw, context) {
      const options = readFrom(raw, context);
      const problems = parts.check(options);
      if (problems.length > 0) throw new ConfigError(problems);
      const counted = Object.entries(raw).filter(([name]) => !parts.notCounted?.includes(name));
      const given = renderGiven(Object.fromEntries(counted), context, parts.rendersItself).options;
      return {
        inputs: { options: given, files: readsOf(options) },
        run: (input) => parts.run(options, input),
      };
    },
  };
}
