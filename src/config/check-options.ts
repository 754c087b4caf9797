import type { z } from "zod";
import type { ConfigProblem } from "../common/errors.ts";
import { PARSED_ONCE } from "../common/parsed-once.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import { RESERVED_NAME_PROBLEM, reservedNames } from "../definition/reserved-names.ts";
import { coerce } from "./coerce.ts";
import { describeIssue } from "./describe-issue.ts";
import { type CheckedOptions, configSchema, type OptionName } from "./schema.ts";
import { unknownOption } from "./unknown-option.ts";

/** What the options are worth one by one. Rules about several of them come after. */
export interface OptionCheck {
  /** Options with a problem are as if they were not given. */
  readonly options: CheckedOptions;
  /** In the order of the options. */
  readonly problems: readonly ConfigProblem[];
}

/**
 * Checks every option, so that one wrong value hides no other problem. `type` and options of Packer's (`packer_*`) that we
 * have no use for pass, as they do in Packer.
 */
export function checkOptions(raw: RawConfig): OptionCheck {
  const isUnknown = (name: string) => !isOption(name) && name !== "type" && !name.startsWith("packer_");
  const unknown = Object.keys(raw).filter(isUnknown);
  const { options, issues } = parse(coerceOptions(raw));
  const told = [
    ...unknown.map((name) => [name, unknownOption(name, configSchema.shape)] as const),
    ...issues.flatMap((issue) =>
      describeIssue(configSchema, issue).map((problem) => [issue.path[0], problem] as const),
    ),
  ];
  const isTold = (path: string) => told.some(([, { option }]) => option === path);
  const found = [...told, ...lostEntries(raw).filter(([, { option }]) => !isTold(option))];
  const order = Object.keys(raw);
  const placeOf = (name: PropertyKey | undefined) => order.indexOf(String(name));
  const problems = found.toSorted(([a], [b]) => placeOf(a) - placeOf(b)).map(([, problem]) => problem);
  return { options, problems };
}

/** Entries of maps that a schema would pass over. Variables are the template's own matter. */
function lostEntries(raw: RawConfig): readonly (readonly [string, ConfigProblem])[] {
  const own = Object.entries(raw).filter(([name]) => isOption(name) && !name.startsWith("packer_"));
  return own.flatMap(([name, value]) => {
    return reservedNames(value, name).map(
      (option) => [name, { option, message: RESERVED_NAME_PROBLEM, hint: undefined }] as const,
    );
  });
}

export function isOption(name: string): name is OptionName {
  return Object.hasOwn(configSchema.shape, name);
}

function coerceOptions(raw: RawConfig): ReadonlyMap<OptionName, unknown> {
  const known = Object.entries(raw).flatMap(([name, value]) => (isOption(name) ? [[name, value] as const] : []));
  return new Map(known.map(([name, value]) => [name, coerce(configSchema.shape[name], value)]));
}

interface Parsed {
  readonly options: CheckedOptions;
  readonly issues: readonly z.core.$ZodIssue[];
}

/** Only what has problems is parsed again, without them. */
function parse(given: ReadonlyMap<OptionName, unknown>): Parsed {
  const result = configSchema.safeParse(Object.fromEntries(given), { reportInput: true, ...PARSED_ONCE });
  if (result.success) return { options: result.data, issues: [] };
  const { issues } = result.error;
  const wrong = new Set(issues.map(({ path }) => path[0]));
  const rest = [...given].filter(([name]) => !wrong.has(name));
  return { options: configSchema.parse(Object.fromEntries(rest), PARSED_ONCE), issues };
}
