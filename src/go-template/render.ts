import { Budget } from "./budget.ts";
import type { RenderContext } from "./context.ts";
import { executeTemplate } from "./execute.ts";
import { functionTable } from "./function-table.ts";
import { InterpolationError } from "./interpolation-error.ts";
import { parseTemplate } from "./parse.ts";

/** A value that is still `{{ }}` after so many rounds will stay so for ever. */
const MOST_ROUNDS = 100;

/**
 * Renders a text until it no longer changes, as Packer does: a value may itself hold `{{ }}`.
 *
 * @throws {InterpolationError} when the text cannot be read, an action fails, or it would never end
 */
export function render(text: string, context: RenderContext): string {
  const budget = new Budget();
  let current = text;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const rendered = renderWithin(budget, current, context);
    if (rendered === current) return rendered;
    current = rendered;
  }
  throw new InterpolationError("The template renders to ever new templates", { text, offset: 0 });
}

/**
 * Renders a text once: what a value brings in stays as it is. This is what Packer does to the options of a
 * configuration.
 *
 * @throws {InterpolationError} when the text cannot be read, an action fails, or it would never end
 */
export function renderOnce(text: string, context: RenderContext): string {
  return renderWithin(new Budget(), text, context);
}

/**
 * Reads a text without rendering it.
 *
 * @param context Only its `functions` count
 * @throws {InterpolationError} for a syntax error, an unknown function or an undeclared `$variable`
 */
export function validateTemplate(text: string, context: RenderContext = {}): void {
  if (!mayHoldActions(text)) return;
  const functions = functionTable(context);
  parseTemplate(text, (name) => functions.has(name));
}

function renderWithin(budget: Budget, text: string, context: RenderContext): string {
  if (!mayHoldActions(text)) return text;
  if (!budget.spend(text.length)) throw new InterpolationError("The template is too large", { text, offset: 0 });
  const functions = functionTable(context);
  const template = parseTemplate(text, (name) => functions.has(name));
  return executeTemplate(template, { functions, context, budget });
}

/** Most options are plain text: they need no reading. */
function mayHoldActions(text: string): boolean {
  return text.includes("{{");
}
