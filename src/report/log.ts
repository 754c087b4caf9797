import type { RunRecord } from "../history/run-record.ts";
import { inSeconds } from "../terminal/elapsed.ts";
import { filterBox, html, type Markup, type Section } from "./markup.ts";

export type LogLine = RunRecord["lines"][number];

/** The list that has the lines. */
export const LOG_LIST = "log-lines";

/** @param firstLine The number of the first line: those before it are left out */
export function logSection(lines: readonly LogLine[], firstLine: number): Section {
  const before = firstLine > 0 ? html`<p class="muted">${firstLine} lines before these are left out.</p>` : "";
  const body = html`${filterBox(LOG_LIST, "Find in the log")}${before}
<ol class="log" id="${LOG_LIST}" tabindex="0" aria-label="Log" data-next="${firstLine + lines.length}" data-what="lines">${lines.map(logItem)}</ol>`;
  return { id: "log", title: "Log", body };
}

export function logItem({ atMs, kind, part, text }: LogLine): Markup {
  return html`<li class="${kind}"><time>${inSeconds(atMs)}</time><span>${part === null ? "" : `(${part}) `}${text}</span></li>
`;
}
