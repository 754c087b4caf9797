import { evaluate } from "../../hcl/evaluate/evaluate.ts";
import type { VariableScope } from "../../hcl/evaluate/variable-scope.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";
import type { Attribute } from "../../hcl/syntax/syntax.ts";
import { ConversionError, convert } from "../../hcl/values/convert.ts";
import type { Type } from "../../hcl/values/type.ts";
import type { Value } from "../../hcl/values/value.ts";

/**
 * The value of an argument as a type; undefined when it is not set, null, not known or unfit. What is unfit is reported,
 * and so is what is not known: to take it for not set would be to forget it.
 */
export function readArgument(
  attribute: Attribute | undefined,
  type: Type,
  scope: VariableScope,
  diagnostics: Diagnostics,
): Value | undefined {
  if (!attribute) return undefined;
  const before = diagnostics.errorCount;
  const value = evaluate(attribute.value, scope, diagnostics);
  if (diagnostics.errorCount > before) return undefined;
  try {
    const converted = convert(value, type);
    if (!converted.isWhollyKnown) {
      diagnostics.unknown(`"${attribute.name}" must be known before a build begins.`, attribute.value.span);
      return undefined;
    }
    return converted.isNull ? undefined : converted;
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    const detail = `Inappropriate value for "${attribute.name}": ${error.message}.`;
    diagnostics.error("Unsuitable value type", detail, attribute.value.span);
    return undefined;
  }
}

/** A name that can be referred to: of a variable, a local, a source. */
export function isIdentifier(name: string): boolean {
  return /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u.test(name);
}

export const IDENTIFIER_RULE =
  "A name starts with a letter or underscore and has only letters, digits, underscores and dashes.";
