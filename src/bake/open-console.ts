import { maskEnvironment } from "../outscale/mask-environment.ts";
import type { OnNotice } from "../outscale/tell-notices.ts";
import { openConsole, type TemplateConsole } from "../template/console.ts";
import { loadOptions } from "./load-builds.ts";
import { dataReader } from "./read-data-source.ts";
import type { TemplateInput } from "./template-input.ts";

export interface ConsoleInput extends Omit<TemplateInput, "only" | "except" | "warnUndeclared"> {
  /** Reads data sources from the account; otherwise what they give is not known. */
  readonly readDataSources?: boolean | undefined;
  /** Told of every call of the API that is tried again. */
  readonly onRetry?: ((message: string) => void) | undefined;
  /** Told what the user should know of how credentials were found: deprecated variables, settings without effect. */
  readonly onNotice?: OnNotice | undefined;
}

/**
 * Evaluates expressions with the variables, locals and functions of a template, as `outscale-chroot console` does.
 * @throws {TemplateError} when the template cannot be understood
 */
export function openTemplateConsole(input: ConsoleInput): Promise<TemplateConsole> {
  const { env = process.env, onRetry, onNotice } = input;
  maskEnvironment(env);
  return openConsole({
    ...loadOptions(input),
    ...(input.readDataSources && { readData: dataReader({ env, onRetry, onNotice }) }),
  });
}
