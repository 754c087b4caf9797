import { html, type Markup } from "../report/markup.ts";
import type { Visitor } from "./guard.ts";

export interface ActionForm {
  /** Unlike every other of the page. */
  readonly id: string;
  readonly action: string;
  readonly button: string;
  /** Asked before it is done: what it does cannot be taken back. */
  readonly question?: string;
  /** What it is done to, where that is not in the path. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** A button that does something. Nothing is done by a link: what a link leads to may be fetched by anybody, at any time. */
export function actionForm(visitor: Visitor, { id, action, button, question, fields = {} }: ActionForm): Markup {
  const hidden = Object.entries({ token: visitor.formToken, ...fields }).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  const form = (text: string, kind: string) => html`<form method="post" action="${action}">${hidden}
<button class="${kind}" id="${id}-do">${text}</button></form>`;
  if (question === undefined) return form(button, "plain");
  return html`<details class="ask" id="${id}"><summary id="${id}-ask">${button}...</summary>
<div><p>${question}</p>${form(button, "danger")}</div></details>`;
}
