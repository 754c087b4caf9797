import type { Package } from "./package.ts";

// Numbers of tags. @see rpm's rpmtag.h
const NAME = 1000;
const VERSION = 1001;
const RELEASE = 1002;
const EPOCH = 1003;
const SUMMARY = 1004;
const SIZE = 1009;
const VENDOR = 1011;
const LICENSE = 1014;
const URL = 1020;
const ARCH = 1022;
const SOURCE_RPM = 1044;
const LONG_SIZE = 5009;

// Types of values.
const INT32 = 4;
const INT64 = 5;
const STRING = 6;
const I18N_STRING = 9;

const INTRO_BYTES = 8;
const INDEX_BYTES = 16;
/** No header has so many, and one that claims it is damaged. */
const MOST_TAGS = 0xffff;
const LONGEST_TEXT = 64 * 1024;

/**
 * Reads a package's header as rpm's database has it: two counts, an index of tags, and the data that it points into. All
 * numbers are big-endian.
 * @returns undefined for the keys that the database has among its packages
 * @throws {RangeError} when it is damaged
 * @see https://rpm-software-management.github.io/rpm/manual/format_header.html
 */
export function parseRpmHeader(bytes: Buffer): Package | undefined {
  const header = new Header(bytes);
  const name = header.text(NAME);
  const version = header.text(VERSION);
  if (name === undefined || version === undefined || name === "gpg-pubkey") return undefined;
  const epoch = header.number(EPOCH);
  const release = header.text(RELEASE) ?? "";
  const source = header.text(SOURCE_RPM)?.replace(/-[^-]*-[^-]*\.(src|nosrc)\.rpm$/, "");
  const sizeBytes = header.number(LONG_SIZE) ?? header.number(SIZE);
  const [license, vendor, url, summary] = [LICENSE, VENDOR, URL, SUMMARY].map((tag) => header.text(tag));
  return {
    manager: "rpm",
    name,
    version: `${epoch === undefined ? "" : `${epoch}:`}${version}-${release}`,
    arch: header.text(ARCH) ?? "",
    ...(source && source !== name && { source }),
    ...(license && { license }),
    ...(sizeBytes !== undefined && { sizeBytes }),
    ...(vendor && { vendor }),
    ...(url && { url }),
    ...(summary && { summary }),
  };
}

interface IndexEntry {
  readonly type: number;
  readonly offset: number;
}

class Header {
  readonly #data: Buffer;
  readonly #index = new Map<number, IndexEntry>();

  constructor(bytes: Buffer) {
    const tags = bytes.readUInt32BE(0);
    const dataBytes = bytes.readUInt32BE(4);
    const dataAt = INTRO_BYTES + tags * INDEX_BYTES;
    if (tags > MOST_TAGS || dataAt + dataBytes > bytes.length)
      throw new RangeError("The header of a package is damaged");
    this.#data = bytes.subarray(dataAt, dataAt + dataBytes);
    for (let at = INTRO_BYTES; at < dataAt; at += INDEX_BYTES) {
      const entry = { type: bytes.readUInt32BE(at + 4), offset: bytes.readUInt32BE(at + 8) };
      this.#index.set(bytes.readUInt32BE(at), entry);
    }
  }

  /** The first of its texts. */
  text(tag: number): string | undefined {
    const entry = this.#index.get(tag);
    if (entry === undefined || (entry.type !== STRING && entry.type !== I18N_STRING)) return undefined;
    const rest = this.#data.subarray(entry.offset, entry.offset + LONGEST_TEXT);
    const end = rest.indexOf(0);
    return rest.toString("utf8", 0, end < 0 ? rest.length : end);
  }

  /** The first of its numbers. */
  number(tag: number): number | undefined {
    const entry = this.#index.get(tag);
    if (entry?.type === INT32) return this.#data.readUInt32BE(entry.offset);
    return entry?.type === INT64 ? Number(this.#data.readBigUInt64BE(entry.offset)) : undefined;
  }
}
