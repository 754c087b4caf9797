const CONTEXT = 3;

/**
 * A unified diff of two texts of equally many lines, such as formatting makes: what changed in a line stays in it.
 * @param path Shown as `old/PATH` and `new/PATH`
 * @returns nothing when the texts are the same
 */
export function lineDiff(path: string, before: string, after: string): string {
  const [old, now] = [linesOf(before), linesOf(after)];
  const changed = [...old.keys()].filter((index) => old[index] !== now[index]);
  if (changed.length === 0) return "";
  const hunks = groupOf(changed).map(([first, last]) => {
    const start = Math.max(0, first - CONTEXT);
    return hunkText(old, now, { start, end: Math.min(old.length, last + 1 + CONTEXT) });
  });
  return `--- old/${path}\n+++ new/${path}\n${hunks.join("")}`;
}

function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** First and last changed line of each hunk: changes whose context would touch share one. */
function groupOf(changed: readonly number[]): readonly (readonly [number, number])[] {
  const groups: [number, number][] = [];
  for (const index of changed) {
    const last = groups.at(-1);
    if (last !== undefined && index - last[1] <= 2 * CONTEXT + 1) last[1] = index;
    else groups.push([index, index]);
  }
  return groups;
}

function hunkText(
  old: readonly string[],
  now: readonly string[],
  { start, end }: { readonly start: number; readonly end: number },
): string {
  const place = end - start === 1 ? `${start + 1}` : `${start + 1},${end - start}`;
  const lines = [`@@ -${place} +${place} @@\n`];
  for (let index = start; index < end; ) {
    let stop = index;
    while (stop < end && old[stop] !== now[stop]) stop++;
    lines.push(...old.slice(index, stop).map((line) => marked("-", line)));
    lines.push(...now.slice(index, stop).map((line) => marked("+", line)));
    if (stop === index) lines.push(marked(" ", old[stop++] ?? ""));
    index = stop;
  }
  return lines.join("");
}

function marked(mark: string, line: string): string {
  return line.endsWith("\n") ? `${mark}${line}` : `${mark}${line}\n\\ No newline at end of file\n`;
}
