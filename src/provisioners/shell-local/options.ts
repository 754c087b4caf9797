import type { ConfigProblem } from "../../common/errors.ts";
import { checkEnvironment } from "../environment.ts";
import { flag, integers, text, textMap, texts } from "../option-types.ts";
import type { OptionsOf } from "../read-options.ts";
import { checkScripts } from "../scripts.ts";

/**
 * Of the provisioner and the post-processor.
 * @see https://developer.hashicorp.com/packer/docs/provisioners/shell-local
 */
export const shellLocalShape = {
  command: text().optional(),
  inline: texts().optional(),
  script: text().optional(),
  scripts: texts().optional(),
  environment_vars: texts().optional(),
  env: textMap().optional(),
  env_var_format: text().optional(),
  execute_command: texts().optional(),
  inline_shebang: text().optional(),
  only_on: texts().optional(),
  pass_environment: texts().optional(),
  tempfile_extension: text().optional(),
  use_linux_pathing: flag().default(false),
  valid_exit_codes: integers().optional(),
};
export type ShellLocalOptions = OptionsOf<typeof shellLocalShape>;

/** Options whose `{{ }}` is rendered when the script is run. */
export const renderedLate = ["execute_command"];

const SYSTEMS = ["darwin", "freebsd", "linux", "openbsd", "solaris", "windows"];

export function checkShellLocal(options: ShellLocalOptions): readonly ConfigProblem[] {
  const problems = [...checkScripts(options, ["inline", "command", "script", "scripts"]), ...checkEnvironment(options)];
  for (const name of options.passEnvironment ?? []) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) continue;
    problems.push({ option: "pass_environment", message: `"${name}" cannot be the name of a variable` });
  }
  for (const system of options.onlyOn ?? []) {
    if (SYSTEMS.includes(system)) continue;
    problems.push({ option: "only_on", message: `"${system}" is not one of ${SYSTEMS.join(", ")}` });
  }
  if (options.useLinuxPathing) {
    const message = "is for Windows hosts, and this program runs on Linux";
    problems.push({ option: "use_linux_pathing", message, hint: "remove it: paths are Linux paths here" });
  }
  return problems;
}
