import type { ImageReader } from "../../evidence/image-reader.ts";
import type { TreeEntry } from "../../evidence/tree/tree-entry.ts";
import type { PolicyFinding } from "./finding.ts";

/** Where keys lie that somebody has put there; packages have others in their tests and examples. */
const KEY_FOLDERS = /^\/(?:root|home|etc|opt|srv)\//;
/** Where secrets are left; what the build has changed is searched wherever it is. */
const SEARCHED = /^\/(?:root|home|etc|opt|srv|tmp|var\/(?:log|tmp|lib\/cloud|spool|mail|www))\//;
const HOST_KEY = /^\/etc\/(?:ssh\/ssh_host_|dropbear\/)/;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|^PuTTY-User-Key-File-/m;

const LARGEST_KEY_BYTES = 64 * 1024;
const LARGEST_BYTES = 128 * 1024 * 1024;
const MOST_BYTES = 1024 * 1024 * 1024;

export interface SearchInput {
  /** Texts that may stand nowhere. */
  readonly secrets: readonly string[];
  /** What has changed since then is searched, too; milliseconds since the epoch. */
  readonly sinceMs: number;
}

/** Reads files of an image for what must not be in them, as many bytes as it may. */
export class ContentSearch {
  readonly #image: ImageReader;
  readonly #needles: readonly Buffer[];
  readonly #sinceMs: number;
  #left = MOST_BYTES;
  #skipped = 0;

  constructor(image: ImageReader, { secrets, sinceMs }: SearchInput) {
    this.#image = image;
    this.#sinceMs = sinceMs;
    this.#needles = secrets.flatMap((text) => [Buffer.from(text), Buffer.from(base64Of(text))]);
  }

  get notes(): readonly string[] {
    if (this.#skipped === 0) return [];
    return [`${this.#skipped} files were not searched for the access key: they are too large, or too many`];
  }

  /** @param path As text; what is not UTF-8 leads to nothing */
  look(path: string, { type, size, ctimeMs }: TreeEntry): readonly PolicyFinding[] {
    if (type !== "file" || size === 0 || !(SEARCHED.test(path) || ctimeMs >= this.#sinceMs)) return [];
    if (size > LARGEST_BYTES || size > this.#left) {
      this.#skipped += 1;
      return [];
    }
    this.#left -= size;
    const bytes = this.#read(path);
    if (bytes === undefined) return [];
    const findings: PolicyFinding[] = [];
    if (this.#needles.some((needle) => bytes.includes(needle))) findings.push({ rule: "access-key", path });
    if (isPrivateKey(path, bytes)) findings.push({ rule: "private-key", path });
    if (/\/\.ssh\/authorized_keys2?$/.test(path)) {
      const keys = keysIn(bytes);
      if (keys > 0) findings.push({ rule: "authorized-keys", path, detail: keys === 1 ? "1 key" : `${keys} keys` });
    }
    return findings;
  }

  #read(path: string): Buffer | undefined {
    try {
      return this.#image.bytes(path, LARGEST_BYTES);
    } catch {
      return undefined; // it has gone, or cannot be read: a scan is not a backup
    }
  }
}

/** Without the end, which depends on what comes after it. */
function base64Of(text: string): string {
  return Buffer.from(text.slice(0, text.length - (text.length % 3))).toString("base64");
}

function isPrivateKey(path: string, bytes: Buffer): boolean {
  if (bytes.length > LARGEST_KEY_BYTES || !KEY_FOLDERS.test(path) || HOST_KEY.test(path)) return false;
  return PRIVATE_KEY.test(bytes.toString("latin1"));
}

function keysIn(bytes: Buffer): number {
  const lines = bytes.toString("latin1").split("\n");
  return lines.filter((line) => line.trim() !== "" && !line.trimStart().startsWith("#")).length;
}
