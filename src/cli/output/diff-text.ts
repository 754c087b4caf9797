import { growth, inBytes } from "../../common/bytes.ts";
import type { FileChange, ImageDiff, ImageName, ListDiff } from "../../evidence/image-diff.ts";
import { tableText } from "./table.ts";

/** So much of each list is shown, unless all is. */
const MOST = 20;

/** A difference for a person. */
export function diffText(diff: ImageDiff, { all }: { readonly all: boolean }): string {
  const most = all ? Number.POSITIVE_INFINITY : MOST;
  const { packages, users } = diff;
  const parts = [
    `${imageText(diff.before)} -> ${imageText(diff.after)}\n`,
    partitions(diff),
    list(
      "Packages added",
      packages.added.map(({ name, version, arch }) => `${name} ${version} ${arch}`),
      most,
    ),
    list(
      "Packages removed",
      packages.removed.map(({ name, version, arch }) => `${name} ${version} ${arch}`),
      most,
    ),
    list(
      "Packages changed",
      packages.changed.map(({ name, from, to }) => `${name} ${from} -> ${to}`),
      most,
    ),
    files(diff, most),
    listDiff("Set-ID files", diff.setIdFiles, most),
    listDiff("File capabilities", diff.capabilities, most),
    list(
      "Users",
      [
        ...users.added.map(
          ({ name, uid, shell, password }) => `+ ${name} (uid ${uid}, ${shell}, password ${password})`,
        ),
        ...users.removed.map((name) => `- ${name}`),
        ...users.changed.map(({ name, what }) => `  ${name}: ${what.join(", ")}`),
      ],
      most,
    ),
    listDiff("Enabled units", diff.enabledUnits, most),
    listDiff("Packages that listen", diff.listeners, most),
    list("Not looked at", diff.notes, most),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

function imageText({ name, os }: ImageName): string {
  return printable(`${name} (${os?.prettyName ?? "no system"})`);
}

function partitions({ partitions: all }: ImageDiff): string {
  const rows = all.map(({ mountPoint, usedBefore, usedAfter, sizeBytes }) => [
    printable(mountPoint),
    usedBefore === null ? "" : inBytes(usedBefore),
    inBytes(usedAfter),
    usedBefore === null ? "" : growth(usedAfter - usedBefore),
    inBytes(sizeBytes),
  ]);
  return rows.length === 0 ? "" : tableText(["PARTITION", "BEFORE", "AFTER", "GROWTH", "SIZE"], rows);
}

function files(
  { files: { added, changed, removed, bytesBefore, bytesAfter, ...lists } }: ImageDiff,
  most: number,
): string {
  const sums = `${added} added, ${changed} changed, ${removed} removed, ${growth(bytesAfter - bytesBefore)} in files`;
  if (lists.list.length === 0) return `Files: nothing has changed\n`;
  const folders = lists.folders
    .slice(0, most)
    .map(({ path, bytes, ...counts }) => [
      printable(path),
      growth(bytes),
      `${counts.added} added, ${counts.changed} changed, ${counts.removed} removed`,
    ]);
  const shown = lists.list.filter(({ type, change }) => type !== "folder" || change === "changed");
  const leftOut = lists.leftOut === 0 ? "" : `  and ${lists.leftOut} more\n`;
  return `${list(`Files: ${sums}`, shown.map(fileLine), most)}${leftOut}\n${tableText(["FOLDER", "GROWTH", "FILES"], folders)}`;
}

const MARKS = { added: "+", removed: "-", changed: " " };

function fileLine(change: FileChange): string {
  const { path, sizeBefore, sizeAfter, what } = change;
  const size = sizeAfter === sizeBefore ? inBytes(sizeAfter ?? 0) : growth((sizeAfter ?? 0) - (sizeBefore ?? 0));
  return `${MARKS[change.change]} ${printable(path)}  ${size}${what.length > 0 ? `, ${what.map(printable).join(", ")}` : ""}`;
}

/** A name in an image may hold what moves a terminal's cursor. It shows that something was there, as two names may differ by it. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}

function listDiff(title: string, { added, removed }: ListDiff, most: number): string {
  return list(title, [...added.map((item) => `+ ${item}`), ...removed.map((item) => `- ${item}`)], most);
}

function list(title: string, items: readonly string[], most: number): string {
  if (items.length === 0) return "";
  const more = items.length > most ? `  and ${items.length - most} more\n` : "";
  return `${title}\n${items
    .slice(0, most)
    .map((item) => `  ${printable(item)}\n`)
    .join("")}${more}`;
}
