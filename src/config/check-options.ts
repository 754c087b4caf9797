import type { z } from "zod";
import type { ConfigProblem } from "../common/errors.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import { coerce } from "./coerce.ts";
import { describeIssue, optionPath } from "./describe-issue.ts";
import { type CheckedOptions, configSchema } from "./schema.ts";
import { unknownOption } from "./unknown-option.ts";

/** What the options are worth one by one. Rules about several of them come after. */
export interface OptionCheck {
  /** Options with a problem are as if they were not given. */
  readonly options: CheckedOptions;
  readonly problems: readonly ConfigProblem[];
}

/**
 * Checks every option on its own, so that one wrong value hides no other problem. `type` and options of Packer's
 * (`packer_*`) that we have no use for pass, as they do in Packer.
 */
export function checkOptions(raw: RawConfig): OptionCheck {
  const problems: ConfigProblem[] = [];
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(raw)) {
    const schema: z.ZodType | undefined = Object.hasOwn(configSchema.shape, name)
      ? configSchema.shape[name as keyof typeof configSchema.shape]
      : undefined;
    if (schema === undefined) {
      if (name !== "type" && !name.startsWith("packer_")) problems.push(unknownOption(name, configSchema.shape));
      continue;
    }
    const coerced = coerce(schema, value);
    const result = schema.safeParse(coerced, { reportInput: true });
    if (result.success) {
      given[name] = coerced;
      continue;
    }
    for (const issue of result.error.issues) {
      problems.push(...describeIssue(optionPath([name, ...issue.path]), schema, issue));
    }
  }
  return { options: configSchema.parse(given), problems };
}
