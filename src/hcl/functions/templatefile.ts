import { dynamicType } from "../values/type.ts";
import type { Value } from "../values/value.ts";
import type { FunctionContext } from "./context.ts";
import { anyParam, argumentAt, stringParam } from "./define.ts";
import { TemplateFolder } from "./files.ts";
import { ArgumentError, FunctionError, type HclFunction } from "./function.ts";

const IDENTIFIER = /^\p{ID_Start}[\p{ID_Continue}-]*$/u;

/**
 * `templatefile(path, vars)`: the text of a file with its `${}` and `%{}` evaluated; the result of a file that is one
 * `${}` has the type of that.
 *
 * @param functionsOf All functions; called late, as this function is one of them
 */
export function templateFileFunction(
  context: FunctionContext,
  functionsOf: () => ReadonlyMap<string, HclFunction>,
): HclFunction {
  const folder = new TemplateFolder(context);
  const render = (args: readonly Value[]): Value => {
    const file = argumentAt(args, 0).asString();
    const functions = new Map(functionsOf()).set("templatefile", recursionRefused);
    return context.renderTemplate({ text: folder.readText(file), file, variables: variablesOf(args), functions });
  };
  return {
    params: [stringParam("path"), anyParam("vars")],
    returnType: dynamicType,
    evaluate: render,
  };
}

const recursionRefused: HclFunction = {
  params: [stringParam("path"), anyParam("vars")],
  returnType: dynamicType,
  evaluate: () => {
    throw new FunctionError("a template file cannot call templatefile() itself");
  },
};

function variablesOf(args: readonly Value[]): ReadonlyMap<string, Value> {
  const given = argumentAt(args, 1);
  if (given.type.kind !== "map" && given.type.kind !== "object") {
    throw new ArgumentError(1, "the variables must be a map or object");
  }
  const variables = given.asMap();
  const odd = [...variables.keys()].find((name) => !IDENTIFIER.test(name));
  if (odd === undefined) return variables;
  throw new ArgumentError(
    1,
    `"${odd}" cannot be the name of a variable: a letter must come first, then letters, digits, "_" and "-"`,
  );
}
