import { constants, createHash, createPrivateKey, type KeyObject, privateDecrypt, randomUUID } from "node:crypto";
import bcryptjs from "bcryptjs";
import { messageOf } from "../../common/errors.ts";
import { stringType } from "../values/type.ts";
import { stringValue } from "../values/value.ts";
import { decodeBase64 } from "./base64.ts";
import { argumentAt, type Functions, numberParam, stringFunction, stringParam, wholeNumber } from "./define.ts";
import { ArgumentError, FunctionError, type HclFunction } from "./function.ts";

function hash(algorithm: "md5" | "sha1" | "sha256" | "sha512"): HclFunction {
  return stringFunction(["str"], (text = "") => createHash(algorithm).update(text).digest("hex"));
}

const DEFAULT_COST = 10;
const LOWEST_COST = 4;
const HIGHEST_COST = 31;

/** `bcrypt(str, cost)`: a hash for a password file. A cost that is too low becomes the default. */
const bcrypt: HclFunction = {
  params: [stringParam("str")],
  variadic: numberParam("cost"),
  returnType: stringType,
  evaluate: (args) => {
    if (args.length > 2) throw new FunctionError("two arguments at most are allowed");
    const asked = args.length > 1 ? wholeNumber(args, 1) : DEFAULT_COST;
    if (asked > HIGHEST_COST) throw new ArgumentError(1, `the cost ${asked} is greater than ${HIGHEST_COST}`);
    const text = argumentAt(args, 0).asString();
    if (bcryptjs.truncates(text)) throw new ArgumentError(0, "the text is longer than 72 bytes");
    const salt = bcryptjs.genSaltSync(asked < LOWEST_COST ? DEFAULT_COST : asked);
    // The same hash under the older name of the format, which Packer writes.
    return stringValue(bcryptjs.hashSync(text, salt).replace(/^\$2b\$/, "$2a$"));
  },
};

/** `rsadecrypt(ciphertext, privatekey)`: PKCS #1 v1.5, with a key in PEM. */
const rsadecrypt = stringFunction(["ciphertext", "privatekey"], (ciphertext = "", pem = "") => {
  const bytes = decodeBase64(ciphertext);
  if (!bytes) throw new ArgumentError(0, "the text is not base64");
  const text = removePadding(decryptRaw(readKey(pem), bytes));
  if (text) return text.toString();
  throw new FunctionError("the text cannot be decrypted with this key");
});

function readKey(pem: string): KeyObject {
  if (/^Proc-Type: 4,ENCRYPTED$/m.test(pem)) throw new ArgumentError(1, "the key has a password; decrypt it first");
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new ArgumentError(1, `the key is not an RSA private key in PEM: ${messageOf(error)}`);
  }
}

/** Node no longer decrypts with this padding, as servers leaked secrets by the time it took. There is no server here. */
function decryptRaw(key: KeyObject, bytes: Buffer): Buffer {
  try {
    return privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, bytes);
  } catch (error) {
    throw new FunctionError(`the text cannot be decrypted with this key: ${messageOf(error)}`);
  }
}

/** What stands behind `00 02`, at least eight bytes other than 0, and a 0; undefined when it is not so. */
function removePadding(block: Buffer): Buffer | undefined {
  const end = block.indexOf(0, 2);
  return block[0] === 0 && block[1] === 2 && end >= 10 ? block.subarray(end + 1) : undefined;
}

const NAMESPACES: Readonly<Record<string, string>> = {
  dns: "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
  url: "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
  oid: "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
  x500: "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
};
const UUID = /^(?:urn:uuid:)?\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/i;

/** `uuidv5(namespace, name)`: the same id for the same name. */
function uuidv5(namespace: string, name: string): string {
  const parts = UUID.exec(NAMESPACES[namespace] ?? namespace);
  if (!parts) throw new ArgumentError(0, `"${namespace}" is neither a UUID nor one of dns, url, oid and x500`);
  const digest = createHash("sha1")
    .update(Buffer.from(parts.slice(1).join(""), "hex"))
    .update(name)
    .digest();
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50; // version 5
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80; // variant of RFC 9562
  return digest.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export const cryptoFunctions: Functions = {
  bcrypt,
  md5: hash("md5"),
  rsadecrypt,
  sha1: hash("sha1"),
  sha256: hash("sha256"),
  sha512: hash("sha512"),
  uuidv4: stringFunction([], () => randomUUID()),
  uuidv5: stringFunction(["namespace", "name"], (namespace = "", name = "") => uuidv5(namespace, name)),
};
