import type { ConfigProblem } from "../common/errors.ts";
import type { BuildIdentity } from "./provisioner.ts";

/** What a user gives a script: `environment_vars` and `env`. */
export interface EnvironmentOptions {
  readonly environmentVars?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** The names of Packer's HTTP server, and the values that mean that there is none. */
const HTTP_VARIABLES = {
  PACKER_HTTP_ADDR: "PackerHTTPAddr",
  PACKER_HTTP_IP: "PackerHTTPIP",
  PACKER_HTTP_PORT: "PackerHTTPPort",
};
const NOT_IMPLEMENTED = /^ERR_.*_NOT_IMPLEMENTED_BY_BUILDER$/;

/**
 * The variables of a script: Packer's own, then `environment_vars`, then `env`; the later wins. Sorted by name.
 * @param data What the build generated
 */
export function scriptEnvironment(
  options: EnvironmentOptions,
  build: BuildIdentity,
  data: Readonly<Record<string, string>>,
): Record<string, string> {
  const variables = new Map([
    ["PACKER_BUILD_NAME", build.buildName],
    ["PACKER_BUILDER_TYPE", build.buildType],
  ]);
  for (const [variable, name] of Object.entries(HTTP_VARIABLES)) {
    const value = data[name];
    if (value !== undefined && !NOT_IMPLEMENTED.test(value)) variables.set(variable, value);
  }
  for (const pair of options.environmentVars ?? []) {
    const equals = pair.indexOf("=");
    variables.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  for (const [name, value] of Object.entries(options.env ?? {})) variables.set(name, value);
  return Object.fromEntries([...variables].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The variables as text for a shell, each through `env_var_format`: `FOO='bar' `. Single quotes in values are escaped for
 * a value that stands in single quotes.
 */
export function formatEnvironment(variables: Readonly<Record<string, string>>, format: string): string {
  return Object.entries(variables)
    .map(([name, value]) => fillFormat(format, [name, value.replaceAll("'", `'"'"'`)]))
    .join("");
}

const VERB = /%(?:%|(?:\[([12])\])?[sv])/g;

function fillFormat(format: string, values: readonly [string, string]): string {
  let next = 0;
  return format.replace(VERB, (verb, index: string | undefined) => {
    if (verb === "%%") return "%";
    const at = index === undefined ? next : Number(index) - 1;
    next = at + 1;
    return values[at] ?? "";
  });
}

/** Problems of `environment_vars` and `env_var_format`. */
export function checkEnvironment(
  options: EnvironmentOptions & { readonly envVarFormat?: string | undefined },
): ConfigProblem[] {
  const problems: ConfigProblem[] = (options.environmentVars ?? [])
    .filter((pair) => pair.indexOf("=") < 1)
    .map((pair) => ({ option: "environment_vars", message: `"${pair}" is not in the format key=value` }));
  const format = options.envVarFormat;
  if (format !== undefined && (format.replace(VERB, "").includes("%") || !hasNameAndValue(format))) {
    const message = `"${format}" must have %s for the name and %s for the value, and no other verb`;
    problems.push({ option: "env_var_format", message });
  }
  return problems;
}

function hasNameAndValue(format: string): boolean {
  const filled = fillFormat(format, ["\u0001", "\u0002"]);
  return filled.includes("\u0001") && filled.includes("\u0002");
}
