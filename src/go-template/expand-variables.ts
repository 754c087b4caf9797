import type { RenderContext } from "./context.ts";
import { InterpolationError } from "./interpolation-error.ts";
import { references } from "./references.ts";
import { renderOnce } from "./render.ts";

/** `{{.Name}}` alone: what waits for its value. */
const LATE_FIELD = /\{\{\s?\.(.*?)\s?\}\}/g;
/** A private-use character, which no template has. */
const MARK = "\uE000";

/** Renders a text, but for each `{{.Name}}` that stands alone: those stay, for whoever has their values. */
export function renderAround(text: string, render: (text: string) => string): string {
  const late: string[] = [];
  const kept = text.replace(LATE_FIELD, (field) => `${MARK}${late.push(field) - 1}${MARK}`);
  return render(kept).replace(/\uE000(\d+)\uE000/g, (_, index) => late[Number(index)] ?? "");
}

/**
 * Puts variables in their places whose texts are templates themselves: `{{user "wrapper"}}` is `sudo {{.Command}}`. A text
 * without such ones stays as it is.
 */
export function expandVariables(text: string, context: RenderContext): string {
  if (!text.includes("{{")) return text;
  const isTemplate = (name: string) => (context.userVariables?.[name] ?? "").search(LATE_FIELD) >= 0;
  if (!references(text, context).userVariables.some(isTemplate)) return text;
  try {
    return renderAround(text, (kept) => renderOnce(kept, context));
  } catch (error) {
    // It uses a late value in another way: then the variable's own must wait, too.
    if (error instanceof InterpolationError) return text;
    throw error;
  }
}

/** A template that renders to the text, whatever braces are in it. */
export function literalTemplate(text: string): string {
  return text.replaceAll("{{", '{{"{{"}}');
}
