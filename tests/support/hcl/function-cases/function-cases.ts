/**
 * By function: an expression with its result as a type and JSON, `unknown` for what is not known yet, undefined for an
 * error. `unknown`, `unknown_string` and the like are variables. The results are those of Packer's own functions, run
 * with go-cty 1.13.3, go-cty-funcs, go-cty-yaml 1.0.1 and Go 1.26; many of the expressions are those of their tests.
 */
export type FunctionCases = Readonly<
  Record<string, readonly (readonly [expression: string, result: string | undefined])[]>
>;
