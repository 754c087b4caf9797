import { version } from "../common/version.ts";
import { html, type Markup } from "../report/markup.ts";
import { icon, script, style } from "./assets.ts";

export interface NavLink {
  readonly href: string;
  readonly text: string;
}

export interface WebPage {
  readonly title: string;
  /** What the server shows: `Fleet`. */
  readonly product: string;
  readonly links: readonly NavLink[];
  /** Which of the links is the page itself, or the page above it. */
  readonly here: string;
  /** Who looks, where a reverse proxy says it. */
  readonly visitor?: string | undefined;
  readonly heading: Markup;
  readonly body: Markup | readonly Markup[];
  /** Where the page is told what is new, if it changes while somebody looks at it. */
  readonly stream?: string | undefined;
  /** Whether it is there in place of another, which is asked for again and again. */
  readonly isPassing?: boolean;
  /** The path to which it leads at once, without a script. */
  readonly leadsTo?: string;
}

/** A whole page. Whoever has no script sees it as it was when it was opened, and is told so. */
export async function pageText({
  title,
  product,
  links,
  here,
  visitor,
  heading,
  body,
  stream,
  isPassing = false,
  leadsTo,
}: WebPage): Promise<string> {
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${
  leadsTo === undefined
    ? ""
    : html`<meta http-equiv="refresh" content="0; url=${leadsTo}">
`
}<title>${title} - ${product}</title>
<link rel="stylesheet" href="${style.path}" integrity="${style.integrity}">
<link rel="icon" href="${icon.path}">
<script src="${script.path}" integrity="${script.integrity}" defer></script>
</head>
<body${stream === undefined ? "" : html` data-stream="${stream}"`}${isPassing ? html` data-again` : ""}>
<a class="skip" href="#main">Skip to the content</a>
<header class="bar">
<p class="product">${product}</p>
<nav aria-label="Pages"><ul>${links.map(
    ({ href, text }) => html`<li><a href="${href}"${href === here ? html` aria-current="page"` : ""}>${text}</a></li>`,
  )}</ul></nav>
${stream === undefined && !isPassing ? "" : connection()}
${visitor === undefined ? "" : html`<p class="visitor">${visitor}</p>`}
</header>
<main id="main" tabindex="-1">
${heading}
${body}
</main>
<footer><p>outscale-chroot ${version}</p></footer>
</body>
</html>
`;
  return page.toString();
}

/** A part of a page that is replaced as a whole when there is something new in it. */
export function part(id: string, body: Markup | string): Markup {
  return html`<div id="${id}">${body}</div>
`;
}

/** A part that a screen reader is told of when it changes. */
export function announced(id: string, body: Markup | string): Markup {
  return html`<div id="${id}" role="status" aria-live="polite">${body}</div>
`;
}

function connection(): Markup {
  return html`<p class="connection"><noscript>As it was when it was opened: <a href="">look again</a></noscript>
<span id="connection" role="status" aria-live="polite"></span></p>`;
}
