import { inspectTemplate, type TemplateDescription } from "../template/inspect-template.ts";
import { loadOptions } from "./load-builds.ts";
import type { TemplateInput } from "./template-input.ts";

/** A template alone: which builds are read changes nothing of what it consists of. */
export type InspectInput = Omit<TemplateInput, "only" | "except" | "warnUndeclared">;

/**
 * Tells what a template consists of, as `outscale-chroot inspect` does: variables, locals, data sources, sources, builds.
 * Variables need not be set, and nothing is read but files. What is sensitive is hidden.
 * @throws {TemplateError} when it cannot be read or understood
 */
export function inspect(
  input: Omit<TemplateInput, "only" | "except" | "warnUndeclared">,
): Promise<TemplateDescription> {
  return inspectTemplate(loadOptions(input));
}
