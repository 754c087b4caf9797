/** An object, or the place for one. */
export interface ObjectPlace {
  readonly bucket: string;
  readonly key: string;
}

/** 3 to 63 characters: lower case, digits, hyphens. @see user guide, "About OOS" */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name);
}

/** At most 1,024 bytes of UTF-8. */
export function isObjectKey(key: string): boolean {
  const bytes = Buffer.byteLength(key);
  return bytes > 0 && bytes <= 1_024 && Buffer.from(key).toString() === key;
}

/** A key below a prefix, however its user ends it. */
export function joinKey(prefix: string, ...parts: readonly string[]): string {
  return [prefix.replace(/\/+$/, ""), ...parts].filter((part) => part !== "").join("/");
}

/** A text as signatures want it: every byte escaped but letters, digits and `-._~`. */
export function escapeText(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The path of a bucket, or of an object in it; the slashes of a key stay. */
export function pathOf({ bucket, key }: { readonly bucket: string; readonly key?: string | undefined }): string {
  return key === undefined ? `/${bucket}` : `/${bucket}/${key.split("/").map(escapeText).join("/")}`;
}

/** A query, sorted and escaped as it is signed; without the question mark. */
export function queryOf(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => [escapeText(name), escapeText(value)] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}
