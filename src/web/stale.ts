import { html, type Markup } from "../report/markup.ts";
import { when } from "./when.ts";

/** A page shows what was there a while ago, as nobody can look just now. Times are milliseconds since the epoch. */
export interface Stale {
  /** A sentence without its full stop. */
  readonly reason: string;
  readonly since: number;
  /** When what the page shows was there; undefined where nobody knows it here. */
  readonly seenAt: number | undefined;
}

/** The part of a page that says so: empty while the page shows what is. The script says it beside the bar, in place of "Live". */
export const STALE_PART = "stale";

export function staleNotice(stale: Stale | undefined): Markup | string {
  if (stale === undefined) return "";
  const { reason, since, seenAt } = stale;
  return html`<p class="notice error" data-stale="Not live: ${reason}"><strong>${reason}</strong> since ${when(since)} UTC.
This page shows what was seen ${seenAt === undefined ? "before" : html`at ${when(seenAt)} UTC`}. It is tried again, and the page goes on by itself.</p>`;
}
