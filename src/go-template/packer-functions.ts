import { randomBytes } from "node:crypto";
import path from "node:path";
import { PACKER_VERSION } from "../common/packer-version.ts";
import type { RenderContext, TemplateFunction } from "./context.ts";
import { toLower, toUpper } from "./go/letter-case.ts";
import { replaceText, splitText } from "./go/strings.ts";
import { formatRfc3339, formatTime, strftime } from "./go/time-layout.ts";
import type { GoValue } from "./go/values.ts";

/** The time of all `timestamp`s of this process, so that they are the same everywhere in a run. */
const processStart = new Date();

type Strings = readonly string[];

/** A function whose arguments are all strings. */
function ofStrings(count: number, call: (...args: Strings) => string): TemplateFunction {
  return {
    params: Array.from({ length: count }, () => "string" as const),
    call: (...args) => call(...args.map(String)),
  };
}

/** Packer's functions, with the names that the Outscale builders add. */
export function packerTemplateFunctions(context: RenderContext): Readonly<Record<string, TemplateFunction>> {
  const now = context.now ?? processStart;
  return {
    build: ofStrings(1, (name = "") => buildValue(context, name)),
    build_name: ofStrings(0, () => known(context.buildName, "the name of the build")),
    build_type: ofStrings(0, () => known(context.buildType, "the type of the build")),
    user: ofStrings(1, (name = "") => userVariable(context, name)),
    env: ofStrings(1, (name = "") => textIn(variablesOnly(context, "env"), name)),
    template_dir: ofStrings(0, () => path.dirname(path.resolve(known(context.templatePath, "the template's path")))),
    pwd: ofStrings(0, () => context.workingFolder ?? process.cwd()),
    packer_version: ofStrings(0, () => PACKER_VERSION),
    timestamp: ofStrings(0, () => String(Math.floor(now.getTime() / 1000))),
    isotime: { params: [], rest: "string", call: (...formats) => isotime(now, formats) },
    strftime: ofStrings(1, (format = "") => strftime(now, format)),
    uuid: ofStrings(0, timeOrderedUuid),
    upper: ofStrings(1, (text = "") => toUpper(text)),
    lower: ofStrings(1, (text = "") => toLower(text)),
    split: {
      params: ["string", "string", "int"],
      call: (text, mark, index) => part(String(text), String(mark), index),
    },
    replace_all: ofStrings(3, (before = "", after = "", text = "") => replaceText(text, before, after)),
    replace: {
      params: ["string", "string", "int", "string"],
      call: (before, after, count, text) => replaceText(String(text), String(before), String(after), Number(count)),
    },
    clean_resource_name: ofStrings(1, (name = "") => cleanResourceName(name)),
    clean_omi_name: ofStrings(1, (name = "") => cleanOmiName(name)),
    sed: ofStrings(2, () => fail("it has been withdrawn", "write replace or replace_all")),
    ...outsideServices(context),
  };
}

/** Functions that ask another service. No client of those services is built in: the error says what to do instead. */
function outsideServices(context: RenderContext): Readonly<Record<string, TemplateFunction>> {
  const missing = (name: string, service: string) => {
    variablesOnly(context, name);
    return fail(
      `no client for ${service} is built in`,
      `read the value with ${service}'s own tool and pass it with -var`,
    );
  };
  const secretsManager = { params: ["string"], rest: "string" } as const;
  return {
    consul_key: ofStrings(1, () => missing("consul_key", "Consul")),
    vault: ofStrings(2, () => missing("vault", "Vault")),
    aws_secretsmanager: { ...secretsManager, call: () => missing("aws_secretsmanager", "AWS Secrets Manager") },
    aws_secretsmanager_raw: ofStrings(1, () => missing("aws_secretsmanager_raw", "AWS Secrets Manager")),
  };
}

function fail(what: string, advice: string): never {
  throw new Error(`${what}; ${advice}`);
}

function known(value: string | undefined, what: string): string {
  return value || fail(`${what} is not known here`, "use it in the options of a builder or provisioner");
}

function variablesOnly(context: RenderContext, name: string): Readonly<Record<string, string | undefined>> {
  return context.env ?? fail("it works in the variables of a JSON template only", `set a variable to {{${name} ...}}`);
}

/** Not by what it has of its own: an environment may answer without a list of what is in it. */
function textIn(env: Readonly<Record<string, string | undefined>>, name: string): string {
  const value: unknown = env[name];
  return typeof value === "string" ? value : "";
}

function buildValue({ build }: RenderContext, name: string): string {
  if (build === undefined) fail("the values of the build are not known here", "use it in a provisioner");
  if (Object.hasOwn(build, name)) return build[name] ?? "";
  return fail(`the build has no value "${name}"`, `it has ${Object.keys(build).join(", ")}`);
}

/** An unknown variable gives an empty string, but not while the variables themselves are being rendered. */
function userVariable({ userVariables, env }: RenderContext, name: string): string {
  if (userVariables === undefined) fail("there are no user variables here", "in HCL2, write var.name in place of it");
  if (Object.hasOwn(userVariables, name)) return userVariables[name] ?? "";
  return env === undefined ? "" : fail(`the variable "${name}" is not set`, "declare it or pass it with -var");
}

function isotime(now: Date, formats: readonly GoValue[]): string {
  if (formats.length > 1) fail("it takes one format", 'put it in one string, such as "2006-01-02"');
  const [format] = formats;
  return format === undefined ? formatRfc3339(now) : formatTime(now, String(format));
}

/** The time in seconds, then 96 random bits: such ids sort by their age. */
function timeOrderedUuid(): string {
  const seconds = Math.floor(Date.now() / 1000) % 2 ** 32;
  const hex = seconds.toString(16).padStart(8, "0") + randomBytes(12).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function part(text: string, mark: string, index: GoValue | undefined): string {
  const parts = splitText(text, mark);
  const found = typeof index === "bigint" && index >= 0n ? parts[Number(index)] : undefined;
  return found ?? fail(`there is no part ${index}`, `"${mark}" divides the text into ${parts.length}`);
}

/** `clean_resource_name` of the plugin for Packer: each byte that is not in its alphabet becomes a `-`. */
function cleanResourceName(name: string): string {
  return [...Buffer.from(name)]
    .map((byte) => String.fromCharCode(byte))
    .map((character) => (/[A-Za-z0-9()[\] ./\-'@_]/.test(character) ? character : "-"))
    .join("");
}

/**
 * A name that OUTSCALE takes for an OMI. The plugin for Packer cleans it like any name and lets `[ ] ' @` pass, which the
 * API refuses at the end of the build.
 */
export function cleanOmiName(name: string): string {
  return cleanResourceName(name).replace(/[[\]'@]/g, "-");
}
