import type { Package } from "./package.ts";

/**
 * The packages of apk's database: paragraphs of `X:value`, the letter being the field.
 * @see https://wiki.alpinelinux.org/wiki/Apk_spec
 */
export function parseApkInstalled(text: string): Package[] {
  return text.split(/\n\s*\n/).flatMap((paragraph) => packageOf(fieldsOf(paragraph)) ?? []);
}

function packageOf(fields: ReadonlyMap<string, string>): Package | undefined {
  const [name, version] = [fields.get("P"), fields.get("V")];
  if (!name || !version) return undefined;
  const [source, license, vendor, url, summary] = ["o", "L", "m", "U", "T"].map((letter) => fields.get(letter));
  const size = Number(fields.get("I"));
  return {
    manager: "apk",
    name,
    version,
    arch: fields.get("A") ?? "",
    ...(source && source !== name && { source }),
    ...(license && { license }),
    ...(size > 0 && { sizeBytes: size }),
    ...(vendor && { vendor }),
    ...(url && { url }),
    ...(summary && { summary }),
  };
}

/** The first of each: later ones with the same letter are of the package's files. */
function fieldsOf(paragraph: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of paragraph.split("\n")) {
    if (line[1] !== ":" || fields.has(line.slice(0, 1))) continue;
    fields.set(line.slice(0, 1), line.slice(2).trim());
  }
  return fields;
}
