import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { UsageError } from "../../common/errors.ts";
import type { FoundPath } from "./collect-files.ts";
import type { Manifest } from "./manifest.ts";

/** What travels: a list of files, and the content of each, once however often it occurs. */
export interface Bundle {
  readonly manifest: Manifest;
  /** By their addresses. */
  readonly contents: ReadonlyMap<string, Buffer>;
  readonly bytes: number;
}

export interface PackOptions {
  readonly limitBytes: number;
  /** The address of a content, of its SHA-256. */
  readonly addressOf: (sha256: string) => string;
}

/**
 * Reads the files. The same files give the same bundle, whenever and by whomever they are packed.
 * @throws {UsageError} when they are more than the limit; it names the largest
 */
export function packBundle(found: readonly FoundPath[], { limitBytes, addressOf }: PackOptions): Bundle {
  // Looked at before anything is read: a disk image that was named by mistake may be larger than our memory.
  refuseTooMuch(found, limitBytes);
  const contents = new Map<string, Buffer>();
  const manifest = found.map(({ path, kind, mode }): Manifest[number] => {
    const bundlePath = path.slice(1);
    if (kind === "folder") return { kind, path: bundlePath, mode };
    const content = readFileSync(path);
    const sha256 = createHash("sha256").update(content).digest("hex");
    const address = addressOf(sha256);
    contents.set(address, content);
    return { kind, path: bundlePath, mode, bytes: content.length, sha256, address };
  });
  const bytes = [...contents.values()].reduce((sum, { length }) => sum + length, 0);
  return { manifest: manifest.filter(({ path }) => path !== ""), contents, bytes };
}

function refuseTooMuch(found: readonly FoundPath[], limitBytes: number): void {
  const bytes = found.reduce((sum, each) => sum + each.bytes, 0);
  if (bytes <= limitBytes) return;
  const largest = [...found].sort((a, b) => b.bytes - a.bytes).slice(0, 3);
  const names = largest.map((each) => `${each.path} (${inMib(each.bytes)})`).join(", ");
  throw new UsageError(
    `The files that the template refers to have ${inMib(bytes)}, and a bundle may have ${inMib(limitBytes)}; the largest are ${names}`,
    { hint: "name what is not needed in .fleetignore, let the build download what is large, or raise -bundle-limit" },
  );
}

function inMib(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
