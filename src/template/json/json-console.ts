import { Secrets } from "../../common/secrets.ts";
import type { TemplateConsole } from "../console.ts";
import { Diagnostics } from "../diagnostic.ts";
import { functionTable } from "../interpolate/function-table.ts";
import { render } from "../interpolate/render.ts";
import type { LoadOptions } from "../load-options.ts";
import { checkAndResolve, openJsonTemplate } from "./open-json-template.ts";

/**
 * Opens a JSON template for a console, in which a line is a text with `{{ }}`.
 *
 * @throws {TemplateError}
 */
export async function openJsonConsole(options: LoadOptions): Promise<TemplateConsole> {
  const diagnostics = new Diagnostics();
  const open = openJsonTemplate(options, diagnostics);
  const userVariables = open ? checkAndResolve(open, options.env, diagnostics) : {};
  diagnostics.throwIfErrors();
  const secrets = new Secrets();
  const sensitive = open?.template.sensitiveVariables ?? [];
  for (const name of sensitive) secrets.add(userVariables[name]);
  const show = (name: string, value: string) => (sensitive.includes(name) ? "(sensitive value)" : value);
  return {
    names: [...Object.keys(userVariables), ...functionTable({}).keys()],
    evaluate: (text) => secrets.mask(render(text, { ...open?.context, userVariables })),
    listVariables: () => {
      return Object.entries(userVariables)
        .map(([name, value]) => `${name} = ${show(name, value)}\n`)
        .join("");
    },
  };
}
