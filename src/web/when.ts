import { html, type Markup } from "../report/markup.ts";

/** The farthest moment that a date can have, in milliseconds. */
const FARTHEST_MS = 8.64e15;

/** A moment in UTC, as every list of ours has it; nothing for a number that is no moment. */
export function when(ms: number): Markup | string {
  if (!(Math.abs(ms) <= FARTHEST_MS)) return "";
  const iso = new Date(ms).toISOString();
  return html`<time datetime="${iso}">${iso.replace("T", " ").replace(/\.\d+Z$/, "")}</time>`;
}
