import type { ContentfulStatusCode } from "hono/utils/http-status";
import { html } from "../report/markup.ts";
import type { WebContext } from "./check-request.ts";
import { pageText } from "./page.ts";

interface ErrorPageOptions {
  readonly hint?: string | undefined;
  /** Whether it passes by itself: a page is asked for again then, and what a form wants is not. */
  readonly isPassing?: boolean;
}

/** What went wrong, where a page was expected. */
export async function errorPage(
  context: WebContext,
  status: ContentfulStatusCode,
  message: string,
  { hint, isPassing = false }: ErrorPageOptions = {},
): Promise<Response> {
  const text = await pageText({
    title: message,
    product: "outscale-chroot",
    links: status === 401 || status === 421 ? [] : [{ href: "/", text: "Back to the beginning" }],
    here: "",
    heading: html`<h1>${message}</h1>`,
    body: html`${hint === undefined ? "" : html`<p>${hint}.</p>`}`,
    isPassing: isPassing && ["GET", "HEAD"].includes(context.req.method),
  });
  return context.html(text, status);
}
