import type { HclFunction } from "../hcl/functions/function.ts";
import { dynamicType } from "../hcl/values/type.ts";
import { unknownValue } from "../hcl/values/value.ts";
import type { EditedTemplate } from "./load-options.ts";

/** Functions that look at the machine, or that may take for ever: `bcrypt("x", 31)`. */
const OUT_OF_REACH = new Set(
  "abspath bcrypt env file filebase64 fileexists fileset pathexpand rsadecrypt templatefile".split(" "),
);

/** The functions as they are, but while a template is written: then what those that look at the machine give is not known. */
export function withinReach(
  functions: ReadonlyMap<string, HclFunction>,
  edited: EditedTemplate | undefined,
): ReadonlyMap<string, HclFunction> {
  if (!edited) return functions;
  return new Map([...functions].map(([name, fn]) => [name, OUT_OF_REACH.has(name) ? withoutCall(fn) : fn]));
}

/** The type of a result may take a look, too: `templatefile()` has that of its file. */
function withoutCall({ returnType, ...fn }: HclFunction): HclFunction {
  const isFixed = typeof returnType !== "function";
  return {
    ...fn,
    returnType: isFixed ? returnType : dynamicType,
    evaluate: () => unknownValue(isFixed ? returnType : dynamicType),
  };
}
