import parseExpression from "spdx-expression-parse";

/** A licence that a database has is an SPDX expression, or a text of its maintainer's own. */
export function isSpdxExpression(text: string): boolean {
  try {
    parseExpression(text);
    return true;
  } catch {
    return false;
  }
}
