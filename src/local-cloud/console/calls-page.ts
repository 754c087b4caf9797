import { filterBox, html, type Markup, sectionMarkup } from "../../report/markup.ts";
import type { LiveNews } from "../../web/live-stream.ts";
import type { LoggedRequest } from "../http/request-log.ts";
import { NotReadyError } from "../local-cloud-error.ts";
import type { WatchedRegion } from "./region-look.ts";

const CALL_LIST = "call-lines";
const MOST_CALLS = 500;
const LONGEST_BODY = 2_000;
/** Whoever reaches the cloud can call it anything. */
const LONGEST_ACTION = 100;

/** The last calls, with a list that goes on. */
export function callsBody(region: WatchedRegion): Markup {
  const { calls } = region;
  const { shown, from } = lastCalls(calls);
  const roles = rolesOf(region);
  const before = from > 0 ? html`<p class="muted">${from} calls before these are left out.</p>` : "";
  const body = html`${filterBox(CALL_LIST, "Find")}${before}
<ol class="log" id="${CALL_LIST}" tabindex="0" aria-label="Calls" data-next="${calls.next}" data-what="calls">${shown.map((call) => callItem(call, roles))}</ol>`;
  return sectionMarkup({ id: "calls", title: "As they come in (UTC)", body });
}

/** The calls from a number on; waits for one when there is none. */
export async function newCalls(
  region: WatchedRegion,
  after: number,
  signal: AbortSignal,
): Promise<LiveNews & { type: "items" }> {
  const { calls } = region;
  const fresh = await calls.since(after, signal);
  const shown = fresh.slice(-MOST_CALLS);
  const roles = rolesOf(region);
  return {
    ...{ type: "items", list: CALL_LIST, from: calls.next - shown.length },
    items: shown.map((call) => callItem(call, roles)),
  };
}

function lastCalls({ entries, next }: WatchedRegion["calls"]): { shown: readonly LoggedRequest[]; from: number } {
  const shown = entries.slice(-MOST_CALLS);
  return { shown, from: next - shown.length };
}

/** Who has which role; nobody is known while the region begins anew, in which calls go on to come. */
function rolesOf(region: WatchedRegion): ReadonlyMap<string, string> {
  try {
    return new Map(region.look().status.accounts.map(({ id, role }) => [id, role]));
  } catch (error) {
    if (error instanceof NotReadyError) return new Map();
    throw error;
  }
}

function callItem(
  { atMs, action, accountId, status, code, ms, body }: LoggedRequest,
  roles: ReadonlyMap<string, string>,
): Markup {
  const who = accountId ? (roles.get(accountId) ?? accountId) : "nobody";
  const outcome = status === undefined ? "dropped" : `${status}${code ? `/${code}` : ""}`;
  const kind = status === undefined || status >= 400 ? "error" : "message";
  const sent = body === undefined ? "" : JSON.stringify(body).slice(0, LONGEST_BODY);
  return html`<li class="${kind}"><time datetime="${new Date(atMs).toISOString()}">${new Date(atMs).toISOString().slice(11, 23)}</time><span>${action.slice(0, LONGEST_ACTION)} ${outcome}, ${who}, ${ms} ms${sent === "" ? "" : ` ${sent}`}</span></li>
`;
}
