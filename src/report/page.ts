import { createHash } from "node:crypto";
import { raw } from "hono/html";
import { contentsMarkup, html, type Markup, type Section, sectionMarkup } from "./markup.ts";
import { script } from "./script.ts";
import { style } from "./style.ts";

export interface Page {
  readonly title: string;
  /** What stands above the sections. */
  readonly head: Markup;
  readonly sections: readonly Section[];
  readonly foot: Markup;
}

/** What the file may do: show its own style, run its own script, and reach nothing at all. */
const policy = [
  "default-src 'none'",
  `style-src '${hashOf(style)}'`,
  `script-src '${hashOf(script)}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** A page as one file that needs nothing else. */
export async function pageText({ title, head, sections, foot }: Page): Promise<string> {
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${raw(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>${head}
${contentsMarkup(sections)}
</header>
<main id="main">
${sections.map(sectionMarkup)}</main>
<footer>${foot}</footer>
<script>${raw(script)}</script>
</body>
</html>
`;
  return page.toString();
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
