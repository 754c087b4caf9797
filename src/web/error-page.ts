import type { ContentfulStatusCode } from "hono/utils/http-status";
import { html } from "../report/markup.ts";
import type { WebContext } from "./check-request.ts";
import { pageText } from "./page.ts";

/** What went wrong, where a page was expected. */
export async function errorPage(
  context: WebContext,
  status: ContentfulStatusCode,
  message: string,
  { hint }: { readonly hint?: string | undefined } = {},
): Promise<Response> {
  const text = await pageText({
    title: message,
    product: "outscale-chroot",
    links: status === 401 || status === 421 ? [] : [{ href: "/", text: "Back to the beginning" }],
    here: "",
    heading: html`<h1>${message}</h1>`,
    body: html`${hint === undefined ? "" : html`<p>${hint}.</p>`}`,
  });
  return context.html(text, status);
}
