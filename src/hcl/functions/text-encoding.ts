import iconv from "iconv-lite";
import { decodeBase64 } from "./base64.ts";
import { ArgumentError } from "./function.ts";

/** What iconv-lite knows besides the character sets of IANA. */
const NOT_OF_IANA = /^(?:hex|base64|binary|utf7|utf7imap|utf32.*|ucs4.*|cesu8)$/;
/** Names of IANA that iconv-lite does not know, by names that it does. */
const ALIASES: Readonly<Record<string, string>> = {
  "iso-8859-6-e": "iso-8859-6",
  "iso-8859-6-i": "iso-8859-6",
  ibm00858: "cp858",
  ccsid00858: "cp858",
};
const BIG_ENDIAN_MARK = Buffer.from([0xfe, 0xff]);
const KEEP_MARK = { stripBOM: false };

/** @throws {ArgumentError} for an encoding that does not exist */
function knownEncoding(name: string): string {
  const lower = name.toLowerCase();
  const encoding = ALIASES[lower] ?? lower;
  const isOfIana = !NOT_OF_IANA.test(lower.replace(/[^a-z0-9]/g, ""));
  if (isOfIana && iconv.encodingExists(encoding)) return encoding;
  throw new ArgumentError(1, `"${name}" is not an encoding that is supported, by its IANA name or alias`);
}

/**
 * The bytes of a text in an encoding, as base64. `UTF-16` alone is big-endian, with a mark.
 *
 * @throws {ArgumentError} for an unknown encoding, and for characters that it does not have
 */
export function encodeText(text: string, name: string): string {
  const known = knownEncoding(name);
  const isMarked = known === "utf-16";
  const encoding = isMarked ? "utf-16be" : known;
  const bytes = iconv.encode(text, encoding);
  // What the encoding has no code for comes back as a question mark.
  if (iconv.decode(bytes, encoding, KEEP_MARK) !== text) {
    throw new ArgumentError(0, `the text has characters that ${name} cannot represent`);
  }
  return (isMarked ? Buffer.concat([BIG_ENDIAN_MARK, bytes]) : bytes).toString("base64");
}

/**
 * The text of bytes in an encoding, which are given as base64.
 *
 * @throws {ArgumentError} for an unknown encoding, and for bytes that are no text in it
 */
export function decodeText(base64: string, name: string): string {
  const encoding = knownEncoding(name);
  const bytes = decodeBase64(base64);
  if (!bytes) throw new ArgumentError(0, "the text is not base64");
  const decoded = encoding === "utf-16" ? decodeUtf16(bytes) : iconv.decode(bytes, encoding, KEEP_MARK);
  const isCutOff = encoding.startsWith("utf-16") && bytes.length % 2 === 1;
  const isBroken = isCutOff || /[\ufffd\p{Surrogate}]/u.test(decoded);
  if (!isBroken && (!/[\x80-\x9f]/.test(decoded) || hasControls(encoding))) return decoded;
  throw new ArgumentError(0, `the bytes are not a text in ${name}`);
}

/** The byte order mark decides; without one, `UTF-16` is big-endian. */
function decodeUtf16(bytes: Buffer): string {
  const isLittle = bytes[0] === 0xff && bytes[1] === 0xfe;
  const isMarked = isLittle || bytes.subarray(0, 2).equals(BIG_ENDIAN_MARK);
  return iconv.decode(isMarked ? bytes.subarray(2) : bytes, isLittle ? "utf-16le" : "utf-16be", KEEP_MARK);
}

/** Whether an encoding has the control characters from 0x80 to 0x9F: those of Unicode, and ISO-8859-1 by all its names. */
function hasControls(encoding: string): boolean {
  if (/^(?:utf|gb18030)/.test(encoding)) return true;
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  return iconv.decode(all, encoding, KEEP_MARK) === all.toString("latin1");
}
