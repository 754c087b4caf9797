import type { Package } from "./package.ts";

/**
 * The installed packages of a dpkg status file: paragraphs of `Field: value`, of which only those that are installed
 * count. What is half-installed has files, too.
 * @see deb-control(5), dpkg(1)
 */
export function parseDpkgStatus(text: string): Package[] {
  return text.split(/\n\s*\n/).flatMap((paragraph) => packageOf(fieldsOf(paragraph)) ?? []);
}

/** States in which a package has files in the image. */
const PRESENT = new Set([
  "installed",
  "half-installed",
  "unpacked",
  "half-configured",
  "triggers-awaited",
  "triggers-pending",
]);

function packageOf(fields: ReadonlyMap<string, string>): Package | undefined {
  const [name, version] = [fields.get("package"), fields.get("version")];
  // A distroless image has one file a package, without a state.
  const state = fields.get("status")?.split(" ").at(-1) ?? "installed";
  if (!name || !version || !PRESENT.has(state)) return undefined;
  const size = Number(fields.get("installed-size"));
  const source = fields.get("source")?.split(" ")[0];
  const summary = fields.get("description")?.split("\n")[0];
  return {
    manager: "deb",
    name,
    version,
    arch: fields.get("architecture") ?? "",
    ...(source && source !== name && { source }),
    ...(size > 0 && { sizeBytes: size * 1024 }),
    ...text("vendor", fields.get("maintainer")),
    ...text("url", fields.get("homepage")),
    ...text("summary", summary),
  };
}

function text<Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> {
  return value ? ({ [name]: value } as Record<Name, string>) : {};
}

/** The fields, names in lower case; a line that begins with a space goes on with the one before. */
function fieldsOf(paragraph: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let last = "";
  for (const line of paragraph.split("\n")) {
    if (/^[ \t]/.test(line)) {
      fields.set(last, `${fields.get(last) ?? ""}\n${line.slice(1)}`);
      continue;
    }
    const at = line.indexOf(":");
    if (at <= 0) continue;
    last = line.slice(0, at).toLowerCase();
    fields.set(last, line.slice(at + 1).trim());
  }
  return fields;
}
