import { gzipSync } from "node:zlib";
import { decodeUtf8 } from "../../common/utf8.ts";
import { escapeQuery } from "../../go-template/go/escape-query.ts";
import { decodeBase64 } from "./base64.ts";
import { type Functions, stringFunction } from "./define.ts";
import { FunctionError } from "./function.ts";
import { decodeText, encodeText } from "./text-encoding.ts";

function base64decode(text: string): string {
  const bytes = decodeBase64(text);
  if (!bytes) throw new FunctionError("the text is not base64");
  const decoded = decodeUtf8(bytes);
  if (decoded === undefined) throw new FunctionError("the decoded bytes are not a text in UTF-8");
  return decoded;
}

export const encodingFunctions: Functions = {
  base64decode: stringFunction(["str"], (text = "") => base64decode(text)),
  base64encode: stringFunction(["str"], (text = "") => Buffer.from(text).toString("base64")),
  base64gzip: stringFunction(["str"], (text = "") => gzipSync(text).toString("base64")),
  textdecodebase64: stringFunction(["source", "encoding"], (text = "", name = "") => decodeText(text, name)),
  textencodebase64: stringFunction(["string", "encoding"], (text = "", name = "") => encodeText(text, name)),
  urlencode: stringFunction(["str"], (text = "") => escapeQuery(text)),
};
