import type { ConfigProblem } from "../../common/errors.ts";
import { checkEnvironment } from "../environment.ts";
import { duration, flag, integers, text, textMap, texts } from "../option-types.ts";
import type { OptionsOf } from "../read-options.ts";
import { checkScripts } from "../scripts.ts";

/** @see https://developer.hashicorp.com/packer/docs/provisioners/shell */
export const shellShape = {
  inline: texts().optional(),
  script: text().optional(),
  scripts: texts().optional(),
  binary: flag().default(false),
  valid_exit_codes: integers().optional(),
  environment_vars: texts().optional(),
  env: textMap().optional(),
  env_var_format: text().optional(),
  use_env_var_file: flag().default(false),
  execute_command: text().optional(),
  inline_shebang: text().optional(),
  remote_folder: text().optional(),
  remote_file: text().optional(),
  remote_path: text().optional(),
  skip_clean: flag().default(false),
  expect_disconnect: flag().default(false),
  start_retry_timeout: duration().optional(),
  pause_after: duration().optional(),
};
export type ShellOptions = OptionsOf<typeof shellShape>;

/** Options whose `{{ }}` is rendered when the script is run. */
export const renderedLate = ["execute_command"];

export function checkShell(options: ShellOptions): readonly ConfigProblem[] {
  return [...checkScripts(options, ["inline", "script", "scripts"]), ...checkEnvironment(options)];
}
