import { HIDDEN } from "../../common/secrets.ts";
import { functionTable } from "../../go-template/function-table.ts";
import { usesVariable } from "../../go-template/references.ts";
import { render } from "../../go-template/render.ts";
import { Diagnostics } from "../../hcl/source/diagnostic.ts";
import type { TemplateConsole } from "../console.ts";
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
  const { values, sensitive } = open ? checkAndResolve(open, options.env, diagnostics) : { values: {}, sensitive: [] };
  diagnostics.throwIfErrors();
  return {
    names: [...Object.keys(values), ...functionTable({}).keys()],
    evaluate: (text) => {
      return usesVariable(text, sensitive) ? HIDDEN : render(text, { ...open?.context, userVariables: values });
    },
    listVariables: () => {
      return Object.entries(values)
        .map(([name, value]) => `${name} = ${sensitive.includes(name) ? HIDDEN : value}\n`)
        .join("");
    },
  };
}
