import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { messageOf, UsageError } from "../../common/errors.ts";
import { secrets } from "../../common/secrets.ts";
import { signatureHash } from "./envelope.ts";

/** What unlocks a private key: in the environment, as arguments can be seen by everybody. */
export const PASSWORD_VARIABLE = "OUTSCALE_CHROOT_PROVENANCE_PASSWORD";

const LARGEST_BYTES = 64 * 1024;
const KINDS = "ECDSA on P-256 or P-384, or Ed25519";

/**
 * Reads a private key for signatures, in PEM.
 * @throws {UsageError} when it cannot be read, others can read it, too, or it is of no kind that is used here
 */
export function readSigningKey(path: string, env: NodeJS.ProcessEnv): KeyObject {
  const { text, mode } = readKeyFile(path);
  if ((mode & 0o007) !== 0) {
    const hint = `chmod 600 ${path}; and make a new key if others may have read this one`;
    throw new UsageError(`Every user of this machine may use the key "${path}"`, { hint });
  }
  const passphrase = env[PASSWORD_VARIABLE];
  if (passphrase) secrets.add(passphrase);
  return keyOf(path, () => {
    const isLocked = /ENCRYPTED/.test(text);
    if (isLocked && !passphrase) throw new Error(`it needs a password: set ${PASSWORD_VARIABLE}`);
    return createPrivateKey({ key: text, format: "pem", ...(isLocked && { passphrase }) });
  });
}

/** Reads a public key in PEM. @throws {UsageError} when it cannot be read, or is of no kind that is used here */
export function readPublicKey(path: string): KeyObject {
  const { text } = readKeyFile(path);
  return keyOf(path, () => {
    // Node would take the public half of it, and nobody would see that the wrong file lies about.
    if (text.includes("PRIVATE KEY"))
      throw new Error("it is a private key; openssl pkey -in KEY -pubout gives its public one");
    return createPublicKey({ key: text, format: "pem" });
  });
}

function keyOf(path: string, read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (error) {
    throw new UsageError(`The key "${path}" cannot be used: ${messageOf(error)}`, { hint: `A key in PEM: ${KINDS}` });
  }
  if (signatureHash(key) !== undefined) return key;
  throw new UsageError(`The key "${path}" is of the kind ${kindOf(key)}`, { hint: `It must be ${KINDS}` });
}

function kindOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  return [asymmetricKeyType, asymmetricKeyDetails?.namedCurve].filter((part) => part !== undefined).join(" ");
}

/** What was opened is what was looked at. A pipe is not waited for. */
function readKeyFile(path: string): { readonly text: string; readonly mode: number } {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new Error("it is not a regular file");
    if (stats.size > LARGEST_BYTES) throw new Error("it is too large for a key");
    return { text: readFileSync(fd, "utf8"), mode: stats.mode };
  } catch (error) {
    throw new UsageError(`Cannot read the key "${path}": ${messageOf(error)}`);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
