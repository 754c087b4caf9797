import type { HclFunction } from "../functions/function.ts";
import type { SplatItemExpression } from "../syntax/syntax.ts";
import type { Value } from "../values/value.ts";

/** The names that an expression can use. */
export interface VariableScope {
  readonly variables: ReadonlyMap<string, Value>;
  /** Functions by name; `try` and `can` are part of the language and need not be here. */
  readonly functions: ReadonlyMap<string, HclFunction>;
  /** Where names are looked up that are not here; functions are taken from the outermost scope. */
  readonly parent?: VariableScope;
  /** The element that a splat is at. */
  readonly splatItem?: { readonly expression: SplatItemExpression; readonly value: Value };
}

export function makeVariableScope(
  variables: Iterable<readonly [string, Value]>,
  functions: ReadonlyMap<string, HclFunction> = new Map(),
): VariableScope {
  return { variables: new Map(variables), functions };
}

/** A scope with further variables, which hide others of the same names. */
export function childVariableScope(
  parent: VariableScope,
  variables: Iterable<readonly [string, Value]>,
): VariableScope {
  return { variables: new Map(variables), functions: parent.functions, parent };
}

export function lookUpVariable(scope: VariableScope, name: string): Value | undefined {
  for (let current: VariableScope | undefined = scope; current; current = current.parent) {
    const value = current.variables.get(name);
    if (value) return value;
  }
  return undefined;
}

export function lookUpSplatItem(scope: VariableScope, expression: SplatItemExpression): Value | undefined {
  for (let current: VariableScope | undefined = scope; current; current = current.parent) {
    if (current.splatItem?.expression === expression) return current.splatItem.value;
  }
  return undefined;
}

export function* variableNames(scope: VariableScope): Iterable<string> {
  for (let current: VariableScope | undefined = scope; current; current = current.parent)
    yield* current.variables.keys();
}

/** What the scopes inside the outermost one add to it: the iterators of `dynamic` blocks. */
export function innerVariables(scope: VariableScope): ReadonlyMap<string, Value> {
  const outer = scope.parent;
  return outer ? new Map([...innerVariables(outer), ...scope.variables]) : new Map();
}
