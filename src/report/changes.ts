import { growth, inBytes } from "../common/bytes.ts";
import type { FileChange, ImageDiff, ListDiff } from "../evidence/image-diff.ts";
import { html, type Markup, type Section, table } from "./markup.ts";

const MOST_FILES = 100;
const MOST_FOLDERS = 30;

/** What a build has changed in its image, or how two images differ. */
export function changesSection(diff: ImageDiff): Section {
  const { packages, files, users } = diff;
  const figures: readonly (readonly [string, string])[] = [
    [`+${packages.added.length}`, "packages added"],
    [String(packages.changed.length), "packages changed"],
    [`-${packages.removed.length}`, "packages removed"],
    [`+${files.added} / -${files.removed}`, "files added, removed"],
    [String(files.changed), "files changed"],
    [growth(files.bytesAfter - files.bytesBefore), "in files"],
  ];
  const userRows = [
    ...users.added.map(({ name, uid, shell, password }) =>
      marked("added", `${name}, uid ${uid}, ${shell}, password ${password}`),
    ),
    ...users.removed.map((name) => marked("removed", name)),
    ...users.changed.map(({ name, what }) => marked("changed", `${name}: ${what.join(", ")}`)),
  ];
  const body = html`
<ul class="figures">${figures.map(([value, name]) => html`<li><strong>${value}</strong><span>${name}</span></li>`)}</ul>
${partitionTable(diff)}
${packageTable(diff)}
${listOf("Set-ID files", diff.setIdFiles)}
${listOf("File capabilities", diff.capabilities)}
${userRows.length === 0 ? "" : html`<h3>Users</h3><ul>${userRows}</ul>`}
${listOf("Enabled units", diff.enabledUnits)}
${listOf("Packages that listen", diff.listeners)}
${folderTable(diff)}
${fileTable(files.list)}
${diff.notes.map((note) => html`<p class="notice">${note}</p>`)}`;
  return { id: "changes", title: "What changed in the image", body };
}

const SIGNS = { added: "+", removed: "−", changed: "~" } as const;

/** A word says it to those who see no colour. */
function marked(kind: keyof typeof SIGNS, text: string): Markup {
  return html`<li><span class="${kind}">${SIGNS[kind]} ${kind}</span> ${text}</li>`;
}

function listOf(title: string, { added, removed }: ListDiff): Markup | string {
  if (added.length + removed.length === 0) return "";
  const items = [...added.map((item) => marked("added", item)), ...removed.map((item) => marked("removed", item))];
  return html`<h3>${title}</h3><ul>${items}</ul>`;
}

function partitionTable({ partitions }: ImageDiff): Markup | string {
  if (partitions.length === 0) return "";
  const rows = partitions.map(({ mountPoint, usedBefore, usedAfter, sizeBytes }) => [
    mountPoint,
    useBar(usedBefore ?? usedAfter, usedAfter, sizeBytes),
    usedBefore === null ? "" : inBytes(usedBefore),
    inBytes(usedAfter),
    usedBefore === null ? "" : growth(usedAfter - usedBefore),
    inBytes(sizeBytes),
  ]);
  return html`<h3>Partitions</h3>
${table("Partitions", ["Mounted on", "Use", "Before", "After", "Growth", "Size"], rows, [2, 3, 4, 5])}`;
}

/** How full a file system was, how full it is, and what room it has. */
function useBar(before: number, after: number, size: number): Markup {
  const share = (bytes: number) => ((100 * bytes) / Math.max(1, size)).toFixed(1);
  const grown = Math.max(0, after - before);
  return html`<svg class="use" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="${share(after)} % used">
<rect class="room" width="100" height="8" rx="2"></rect><rect class="used" width="${share(Math.min(before, after))}" height="8" rx="2"></rect>
<rect class="grown" x="${share(before)}" width="${share(grown)}" height="8"></rect></svg>`;
}

function packageTable({ packages: { added, removed, changed } }: ImageDiff): Markup | string {
  const rows = [
    ...added.map(({ name, version, sizeBytes }) => [
      kindCell("added"),
      name,
      "",
      version,
      sizeBytes === null ? "" : inBytes(sizeBytes),
    ]),
    ...changed.map(({ name, from, to }) => [kindCell("changed"), name, from, to, ""]),
    ...removed.map(({ name, version }) => [kindCell("removed"), name, version, "", ""]),
  ];
  if (rows.length === 0) return "";
  return html`<h3>Packages</h3>${table("Packages that changed", ["", "Package", "Before", "After", "Size"], rows, [4])}`;
}

function kindCell(kind: keyof typeof SIGNS): Markup {
  return html`<span class="${kind}">${SIGNS[kind]} ${kind}</span>`;
}

function folderTable({ files: { folders } }: ImageDiff): Markup | string {
  if (folders.length === 0) return "";
  const rows = folders
    .slice(0, MOST_FOLDERS)
    .map(({ path, bytes, added, changed, removed }) => [path, growth(bytes), added, changed, removed]);
  return html`<h3>Folders, by growth</h3>
${table("Folders", ["Folder", "Growth", "Added", "Changed", "Removed"], rows, [1, 2, 3, 4])}`;
}

function fileTable(list: readonly FileChange[]): Markup | string {
  const files = list.filter(({ type, change }) => type !== "folder" || change === "changed");
  if (files.length === 0) return "";
  const rows = files
    .slice(0, MOST_FILES)
    .map(({ path, change, sizeBefore, sizeAfter, what }) => [
      kindCell(change),
      path,
      what.join(", "),
      growth((sizeAfter ?? 0) - (sizeBefore ?? 0)),
    ]);
  const more = files.length > MOST_FILES ? html`<p class="muted">and ${files.length - MOST_FILES} more</p>` : "";
  return html`<h3>Files, the largest first</h3>${table("Files", ["", "File", "What", "Size"], rows, [3])}${more}`;
}
