import { html } from "hono/html";

/** Markup whose texts are escaped. The tag gives a promise only for values that are promises, and there are none here. */
export type Markup = ReturnType<typeof html>;

export { html };

/** A section of a page, which its table of contents and a screen reader find by its heading. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Markup;
}

export function sectionMarkup({ id, title, body }: Section): Markup {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${body}</section>
`;
}

/** The table of contents of a page. */
export function contentsMarkup(sections: readonly Section[]): Markup {
  return html`<nav aria-label="Sections"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>`;
}

/** A table with a caption that a screen reader reads. Cells are texts or markup; those of `numeric` columns are to the right. */
export function table(
  caption: string,
  header: readonly string[],
  rows: readonly (readonly (string | number | Markup)[])[],
  numeric: readonly number[] = [],
): Markup {
  const kind = (column: number) => (numeric.includes(column) ? "number" : "text");
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>
<caption class="hidden">${caption}</caption>
<thead><tr>${header.map((name, column) => html`<th scope="col" class="${kind(column)}">${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) => html`<tr>${row.map((cell, column) => html`<td class="${kind(column)}">${cell}</td>`)}</tr>
`,
  )}</tbody>
</table></div>`;
}

/** A box that filters the rows or lines of what follows it. */
export function filterBox(target: string, label: string): Markup {
  return html`<p class="filter"><label>${label} <input type="search" data-filter="${target}" autocomplete="off"></label>
<output class="muted" data-count="${target}" aria-live="polite"></output></p>`;
}
