import { Secrets } from "../../common/secrets.ts";
import { functionTable } from "../../go-template/function-table.ts";
import { render } from "../../go-template/render.ts";
import { Diagnostics } from "../../hcl/source/diagnostic.ts";
import type { TemplateConsole } from "../console.ts";
import type { LoadOptions } from "../load-options.ts";
import { checkAndResolve, openJsonTemplate } from "./open-json-template.ts";

const HIDDEN = "(sensitive value)";

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
  // Whatever a text does with a sensitive variable, it does not have its value.
  const shown = Object.fromEntries(
    Object.entries(userVariables).map(([name, value]) => [name, sensitive.includes(name) ? HIDDEN : value]),
  );
  return {
    names: [...Object.keys(userVariables), ...functionTable({}).keys()],
    evaluate: (text) => secrets.mask(render(text, { ...open?.context, userVariables: shown })),
    listVariables: () => {
      return Object.entries(shown)
        .map(([name, value]) => `${name} = ${secrets.mask(value)}\n`)
        .join("");
    },
  };
}
