import type { TemplateInput } from "../bake/template-input.ts";
import { UsageError } from "../common/errors.ts";
import type { Flags, FlagValues } from "./flags.ts";

/** Packer orders the evaluation of locals, and picks plugins, by these. */
const PACKER_ONLY = "has no effect here; accepted for scripts that were written for Packer";

/** The flags of every command that reads a template, as Packer has them. */
export const templateFlags = {
  var: { type: "strings", value: "NAME=VALUE", about: "gives a variable a value; may be repeated" },
  "var-file": {
    type: "strings",
    value: "FILE",
    about: "a file of values for variables (HCL or JSON); may be repeated",
  },
  only: { type: "strings", isList: true, value: "NAMES", about: "only these builds; names may have wildcards" },
  except: { type: "strings", isList: true, value: "NAMES", about: "not these builds and post-processors" },
  "use-sequential-evaluation": { type: "boolean", about: PACKER_ONLY },
  "ignore-prerelease-plugins": { type: "boolean", about: PACKER_ONLY },
  "warn-on-undeclared-var": {
    type: "boolean",
    about: "warns about values in files for variables that are not declared",
  },
} as const satisfies Flags;

type TemplateFlagValues = Pick<FlagValues<typeof templateFlags>, "var" | "var-file"> &
  Partial<FlagValues<typeof templateFlags>>;

/**
 * The template and how it is read, as the flags say it.
 * @throws {UsageError} for a `-var` that is not NAME=VALUE
 */
export function templateInput(template: string, flags: TemplateFlagValues, env: NodeJS.ProcessEnv) {
  return {
    template,
    variables: Object.fromEntries(flags.var.map(readVariable)),
    variableFiles: flags["var-file"],
    only: flags.only ?? [],
    except: flags.except ?? [],
    warnUndeclared: flags["warn-on-undeclared-var"] === true,
    env,
  } satisfies TemplateInput;
}

function readVariable(text: string): readonly [name: string, value: string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new UsageError(`-var must be NAME=VALUE, not "${text}"`);
  return [name.trim(), value];
}

/**
 * The one template of the command line.
 * @throws {UsageError} when there is none, or more
 */
export function templateArgument(positionals: readonly string[]): string {
  const [path, ...others] = positionals;
  const hint = "Give one template: a .pkr.hcl or .json file, or a folder of .pkr.hcl files";
  if (path === undefined) throw new UsageError("No template is given", { hint });
  if (others.length > 0) throw new UsageError(`More than one template is given: ${positionals.join(", ")}`, { hint });
  return path;
}
