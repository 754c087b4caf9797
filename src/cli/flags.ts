import { parseArgs } from "node:util";
import { didYouMean } from "../common/did-you-mean.ts";
import { UsageError } from "../common/errors.ts";

/** One flag of a command. Flags are written with one dash or two, as in Packer. */
export interface Flag {
  /** `strings` may be given several times, and is split at commas if `list` says so. */
  readonly type: "boolean" | "string" | "strings";
  /** One line for the help. */
  readonly about: string;
  /** How the help shows the value: `FILE`. */
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly isList?: true;
  /** Another flag of the command, without which this one has no effect. */
  readonly needs?: string;
}
export type Flags = Readonly<Record<string, Flag>>;

/** What was given: a boolean is undefined when it was not. */
export type FlagValues<Specs extends Flags> = {
  readonly [Name in keyof Specs]: Specs[Name]["type"] extends "boolean"
    ? boolean | undefined
    : Specs[Name]["type"] extends "string"
      ? (Specs[Name] extends { readonly choices: readonly (infer Choice)[] } ? Choice : string) | undefined
      : readonly string[];
};

export interface ParsedFlags<Specs extends Flags> {
  readonly flags: FlagValues<Specs>;
  readonly positionals: readonly string[];
}

/**
 * Reads a command's arguments: `-var a=1`, `--var=a=1`, `-color=false`, `--no-color`; everything after `--` is no flag.
 * @throws {UsageError} for an unknown flag, a missing value, one that is not among the choices, or a flag that has no effect
 * without another
 */
export function parseFlags<Specs extends Flags>(specs: Specs, argv: readonly string[]): ParsedFlags<Specs> {
  const { values, positionals } = parseArgs({
    args: normalise(specs, argv),
    options: Object.fromEntries(
      Object.entries(specs).map(([name, { type }]) => [
        name,
        { type: type === "boolean" ? "boolean" : "string", multiple: type === "strings" },
      ]),
    ),
    allowPositionals: true,
    allowNegative: true,
  });
  const read = Object.entries(specs).map(([name, flag]) => [name, readValue(name, flag, values[name])]);
  const flags: FlagValues<Specs> = Object.fromEntries(read);
  refuseIdle(specs, flags);
  return { flags, positionals };
}

/** A flag that is passed over may be the one that says where to work: what is removed then is another's. */
function refuseIdle(specs: Flags, values: Readonly<Record<string, unknown>>): void {
  for (const [name, { needs }] of Object.entries(specs)) {
    if (needs === undefined || !isGiven(values[name]) || isGiven(values[needs])) continue;
    throw new UsageError(`-${name} needs -${needs}: alone it has no effect`);
  }
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}

/**
 * As {@link parseFlags}, for a command that takes no arguments: one that is given may be a folder meant for a flag.
 * @throws {UsageError} for an argument, too
 */
export function parseFlagsAlone<Specs extends Flags>(specs: Specs, argv: readonly string[]): FlagValues<Specs> {
  const { flags, positionals } = parseFlags(specs, argv);
  if (positionals.length === 0) return flags;
  throw new UsageError(`This command takes no argument: ${positionals.map((each) => `"${each}"`).join(", ")}`);
}

function readValue(name: string, flag: Flag, value: unknown): unknown {
  if (flag.type === "boolean") return value;
  const given = (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);
  const values = flag.isList ? given.flatMap((item) => item.split(",")).filter((item) => item !== "") : given;
  for (const item of values) {
    if (flag.choices === undefined || flag.choices.includes(item)) continue;
    throw new UsageError(`-${name} must be ${flag.choices.join(" or ")}, not "${item}"`);
  }
  return flag.type === "strings" ? values : values[0];
}

/** The arguments as `parseArgs` wants them: two dashes, the value joined by `=`, `--no-x` for `-x=false`. */
function normalise(specs: Flags, argv: readonly string[]): string[] {
  const normal: string[] = [];
  const rest = [...argv];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--") return [...normal, arg, ...rest];
    const [, name, value] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
    if (name === undefined) normal.push(argument(arg));
    else normal.push(normaliseFlag(specs, name, value, rest));
  }
  return normal;
}

/** @throws {UsageError} when it begins as a flag, and is no name of one: `-=x`, `---debug` */
function argument(text: string): string {
  if (text === "-" || !text.startsWith("-")) return text;
  throw new UsageError(`There is no flag ${text}`);
}

function normaliseFlag(specs: Flags, name: string, value: string | undefined, rest: string[]): string {
  const flag = Object.hasOwn(specs, name) ? specs[name] : undefined;
  const negated = name.startsWith("no-") && specs[name.slice("no-".length)]?.type === "boolean";
  if (negated && value === undefined) return `--${name}`;
  if (flag === undefined) {
    const meant = didYouMean(name, Object.keys(specs));
    throw new UsageError(`There is no flag -${name}`, { hint: meant && `did you mean -${meant}?` });
  }
  if (flag.type === "boolean") return `--${readBoolean(name, value) ? "" : "no-"}${name}`;
  const given = value ?? rest.shift();
  if (given === undefined)
    throw new UsageError(`-${name} needs a value`, { hint: `-${name} ${flag.value ?? "VALUE"}` });
  return `--${name}=${given}`;
}

function readBoolean(name: string, value: string | undefined): boolean {
  if (value === undefined || /^(1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw new UsageError(`-${name} must be true or false, not "${value}"`);
}
