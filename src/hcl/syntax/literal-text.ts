import type { Expression } from "./syntax.ts";

/** The text of a key or value that is a plain string, without templates in it. */
export function literalText(expression: Expression): string | undefined {
  if (expression.kind === "literal") {
    return expression.value.type.kind === "string" ? expression.value.asString() : undefined;
  }
  const [only] = expression.kind === "template" ? expression.parts : [];
  return expression.kind === "template" && expression.parts.length === 1 && only ? literalText(only) : undefined;
}
