import { builtinFunctions } from "./builtins.ts";
import type { RenderContext, TemplateFunction } from "./context.ts";
import { packerTemplateFunctions } from "./packer-functions.ts";

/** Every function that a template can call, by name: Go's own, Packer's, and those of the context, which win. */
export function functionTable(context: RenderContext): ReadonlyMap<string, TemplateFunction> {
  return new Map(Object.entries({ ...builtinFunctions, ...packerTemplateFunctions(context), ...context.functions }));
}
