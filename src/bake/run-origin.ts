import { z } from "zod";
import type { JsonObject } from "../builder/journal/entry.ts";
import type { RunRecord } from "../builder/journal/read-journal.ts";
import { UsageError } from "../common/errors.ts";
import { secrets } from "../common/secrets.ts";
import type { OpenBakeInput } from "./open-bake.ts";

/** Counts up when an older version would misread what a newer one writes. */
const ORIGIN_FORMAT = 1;

/**
 * What a run's journal says of the template that it bakes, so that `resume` reads the same one again, as it is then.
 * Values that are sensitive are not in it, only the names of their variables.
 */
const originSchema = z.strictObject({
  formatVersion: z.literal(ORIGIN_FORMAT),
  template: z.string(),
  /** What relative paths of the template start from. */
  workingFolder: z.string(),
  /** The build's name: `outscale-chroot.web`. */
  build: z.string(),
  variables: z.record(z.string(), z.json()),
  /** Variables whose values the caller had given, and nobody wrote down. */
  hiddenVariables: z.array(z.string()),
  /** The same of those that the environment gave: `PKR_VAR_token`. */
  environment: z.array(z.string()),
  variableFiles: z.array(z.string()),
  except: z.array(z.string()),
  force: z.boolean(),
  bootTest: z.boolean(),
});

export type RunOrigin = z.infer<typeof originSchema>;

const VARIABLE = /^PKR_VAR_/;

/** @param sensitiveVariables Those that the template declares so */
export function originOf(
  { template, variables = {}, variableFiles = [], except = [], force, bootTest, env = process.env }: OpenBakeInput,
  { build, sensitiveVariables }: { readonly build: string; readonly sensitiveVariables: ReadonlySet<string> },
): JsonObject {
  const isHidden = ([name, value]: readonly [string, unknown]) => {
    const text = JSON.stringify(value);
    return sensitiveVariables.has(name) || secrets.mask(text) !== text;
  };
  const given = Object.entries(variables);
  const origin: RunOrigin = {
    formatVersion: ORIGIN_FORMAT,
    template,
    workingFolder: process.cwd(),
    build,
    variables: z.record(z.string(), z.json()).parse(Object.fromEntries(given.filter((each) => !isHidden(each)))),
    hiddenVariables: given.filter(isHidden).map(([name]) => name),
    environment: Object.keys(env).filter((name) => VARIABLE.test(name)),
    variableFiles: [...variableFiles],
    except: [...except],
    force: force === true,
    bootTest: bootTest === true,
  };
  return z.record(z.string(), z.json()).parse(origin);
}

/** @throws {UsageError} when nobody but the run itself knew its provisioners, or a newer version wrote it */
export function readOrigin({ header, origin }: Pick<RunRecord, "header" | "origin">): RunOrigin {
  const { runId } = header;
  if (origin === undefined) {
    throw new UsageError(`The run ${runId} cannot be resumed: Packer, or another program, provisioned it`, {
      hint: `Look inside: outscale-chroot shell ${runId}. Take it down: outscale-chroot cleanup ${runId}`,
    });
  }
  const parsed = originSchema.safeParse(origin);
  if (parsed.success) return parsed.data;
  throw new UsageError(`The run ${runId} was begun by another version of this program, which has to resume it`);
}

export interface GivenAgain {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly env: NodeJS.ProcessEnv;
}

/** @throws {UsageError} with every value that the run was begun with, that stands nowhere, and is not given again */
export function assertGivenAgain(origin: RunOrigin, { variables, env }: GivenAgain): void {
  const missing = [
    ...origin.hiddenVariables.filter((name) => !(name in variables)).map((name) => `-var ${name}=...`),
    ...origin.environment.filter((name) => env[name] === undefined),
  ];
  if (missing.length === 0) return;
  throw new UsageError(`The run was begun with values that its journal does not have: ${missing.join(", ")}`, {
    hint: "Give them again: sensitive values, and those of the environment, are not written down",
  });
}
