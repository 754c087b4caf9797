import type { VariableScope } from "../../hcl/evaluate/variable-scope.ts";
import type { Diagnostics } from "../../hcl/source/diagnostic.ts";
import type { Span } from "../../hcl/source/source-file.ts";
import { readBody } from "../../hcl/syntax/body-content.ts";
import { referencesOf } from "../../hcl/syntax/references.ts";
import type { Block, Expression } from "../../hcl/syntax/syntax.ts";
import { stringType } from "../../hcl/values/type.ts";
import { readArgument } from "./read-argument.ts";

/** A `validation` block of a variable. */
export interface Validation {
  readonly condition: Expression;
  readonly message: string;
  readonly span: Span;
}

/** Reads a `validation` block; undefined when it has no condition, which has been reported. */
export function readValidation(
  variable: string,
  block: Block,
  scope: VariableScope,
  diagnostics: Diagnostics,
): Validation | undefined {
  const { attributes } = readBody(block.body, { required: ["condition", "error_message"] }, diagnostics);
  const messageAttribute = attributes.get("error_message");
  const message = readArgument(messageAttribute, stringType, scope, diagnostics)?.asString();
  if (message !== undefined && !isSentence(message)) {
    const detail =
      "It must be a sentence: with an uppercase letter at its beginning, and a period, question or exclamation mark at its end.";
    diagnostics.error("Invalid validation error message", detail, messageAttribute?.value.span);
  }
  const condition = attributes.get("condition")?.value;
  if (!condition) return undefined;
  checkReferences(variable, condition, diagnostics);
  return { condition, message: message ?? "", span: block.headerSpan };
}

function isSentence(text: string): boolean {
  const trimmed = text.trim();
  const [first = ""] = trimmed;
  return /[.?!]$/.test(trimmed) && first === first.toUpperCase();
}

/** A condition looks at its own variable, and at nothing else. */
function checkReferences(variable: string, condition: Expression, diagnostics: Diagnostics): void {
  let isReferred = false;
  for (const { root, path, span } of referencesOf(condition)) {
    if (root === "var" && path[0] === variable) isReferred = true;
    else {
      const detail = `The condition of the variable "${variable}" can only refer to the variable itself, as var.${variable}.`;
      diagnostics.error("Invalid reference in variable validation", detail, span);
    }
  }
  if (isReferred) return;
  const detail = `The condition must refer to var.${variable}, the value that it is to check.`;
  diagnostics.error("Invalid variable validation condition", detail, condition.span);
}
