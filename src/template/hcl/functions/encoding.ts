import { gzipSync } from "node:zlib";
import iconv from "iconv-lite";
import { escapeQuery } from "../../go/escape-query.ts";
import { ArgumentError, FunctionError } from "../function.ts";
import { decodeBase64, decodeUtf8 } from "./base64.ts";
import { type Functions, stringFunction } from "./define.ts";

function base64decode(text: string): string {
  const bytes = decodeBase64(text);
  if (!bytes) throw new FunctionError("the text is not base64");
  const decoded = decodeUtf8(bytes);
  if (decoded === undefined) throw new FunctionError("the decoded bytes are not a text in UTF-8");
  return decoded;
}

/** What iconv-lite knows besides the character sets of IANA. */
const NOT_OF_IANA = /^(?:hex|base64|binary|utf7|utf7imap|utf32.*|ucs4.*|cesu8)$/;

/** @throws {ArgumentError} for an encoding that does not exist */
function encodingName(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, "");
  if (!NOT_OF_IANA.test(plain) && iconv.encodingExists(name)) return plain;
  throw new ArgumentError(1, `"${name}" is not an encoding that is supported, by its IANA name or alias`);
}

const BIG_ENDIAN_MARK = Buffer.from([0xfe, 0xff]);

/** "UTF-16" alone is written big-endian, with a mark. */
function encodeText(text: string, name: string): string {
  const encoding = encodingName(name);
  const isMarked = encoding === "utf16";
  const bytes = iconv.encode(text, isMarked ? "utf16be" : encoding);
  // What the encoding has no code for comes back as a question mark.
  if (iconv.decode(bytes, isMarked ? "utf16be" : encoding, { stripBOM: false }) !== text) {
    throw new ArgumentError(0, `the text has characters that ${name} cannot represent`);
  }
  return (isMarked ? Buffer.concat([BIG_ENDIAN_MARK, bytes]) : bytes).toString("base64");
}

function decodeText(text: string, name: string): string {
  const encoding = encodingName(name);
  const bytes = decodeBase64(text);
  if (!bytes) throw new ArgumentError(0, "the text is not base64");
  const decoded = encoding === "utf16" ? decodeUtf16(bytes) : iconv.decode(bytes, encoding, { stripBOM: false });
  const isCutOff = encoding.startsWith("utf16") && bytes.length % 2 === 1;
  if (isCutOff || /[\ufffd\p{Surrogate}]/u.test(decoded))
    throw new ArgumentError(0, `the bytes are not a text in ${name}`);
  return decoded;
}

function decodeUtf16(bytes: Buffer): string {
  const isLittle = bytes[0] === 0xff && bytes[1] === 0xfe;
  const isMarked = isLittle || bytes.subarray(0, 2).equals(BIG_ENDIAN_MARK);
  return iconv.decode(isMarked ? bytes.subarray(2) : bytes, isLittle ? "utf16le" : "utf16be", { stripBOM: false });
}

export const encodingFunctions: Functions = {
  base64decode: stringFunction(["str"], (text = "") => base64decode(text)),
  base64encode: stringFunction(["str"], (text = "") => Buffer.from(text).toString("base64")),
  base64gzip: stringFunction(["str"], (text = "") => gzipSync(text).toString("base64")),
  textdecodebase64: stringFunction(["source", "encoding"], (text = "", name = "") => decodeText(text, name)),
  textencodebase64: stringFunction(["string", "encoding"], (text = "", name = "") => encodeText(text, name)),
  urlencode: stringFunction(["str"], (text = "") => escapeQuery(text)),
};
