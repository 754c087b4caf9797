import type { ImageReader } from "./image-reader.ts";

/** What an image says it is. */
export interface OsRelease {
  /** `debian` */
  readonly id: string;
  /** `12`; empty when it has none, as a rolling one. */
  readonly versionId: string;
  /** `Debian GNU/Linux 12 (bookworm)` */
  readonly prettyName: string;
  readonly homeUrl: string | undefined;
  readonly cpe: string | undefined;
}

/** @returns undefined when the image has none. @see os-release(5) */
export function readOsRelease(image: ImageReader): OsRelease | undefined {
  const text = image.text("/etc/os-release") ?? image.text("/usr/lib/os-release");
  return text === undefined ? undefined : parseOsRelease(text);
}

export function parseOsRelease(text: string): OsRelease {
  const values = new Map(
    text.split("\n").flatMap((line) => {
      const [, name, value] = /^([A-Z0-9_]+)=(.*)$/.exec(line.trim()) ?? [];
      return name === undefined || value === undefined ? [] : [[name, unquote(value)] as const];
    }),
  );
  const id = values.get("ID") || "linux";
  const versionId = values.get("VERSION_ID") ?? "";
  return {
    id,
    versionId,
    prettyName: values.get("PRETTY_NAME") || values.get("NAME") || id,
    homeUrl: values.get("HOME_URL"),
    cpe: values.get("CPE_NAME"),
  };
}

/** A value as the shell would read it. */
function unquote(value: string): string {
  const [, quote, inner] = /^(["'])(.*)\1$/.exec(value) ?? [];
  if (inner === undefined) return value;
  return quote === "'" ? inner : inner.replace(/\\(["$`\\])/g, "$1");
}
