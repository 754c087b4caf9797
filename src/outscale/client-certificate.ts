import { readFile } from "node:fs/promises";
import { AuthError, messageOf } from "../common/errors.ts";
import { secrets } from "../common/secrets.ts";
import type { ClientCertificate } from "./access.ts";

/** Each half of a client certificate: a path, or base64. */
interface Halves {
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads a client certificate from two files; one that holds both may be named twice.
 * @throws {AuthError} when one cannot be read, or no connection can be made with them
 */
export async function certificateOfFiles({ cert, key }: Halves): Promise<ClientCertificate> {
  return usable(
    { name: `x509_cert_path ("${cert}")`, pem: await readPem(cert) },
    { name: `x509_key_path ("${key}")`, pem: await readPem(key) },
  );
}

/** @throws {AuthError} when no connection can be made with them */
export async function certificateOfBase64({ cert, key }: Halves): Promise<ClientCertificate> {
  return usable(
    { name: "x509_client_cert_b64", pem: Buffer.from(cert, "base64").toString() },
    { name: "x509_client_key_b64", pem: Buffer.from(key, "base64").toString() },
  );
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new AuthError(`Cannot read the client certificate's file "${path}"`, { cause });
  }
}

/** A half, and the option that has given it. */
interface Half {
  readonly name: string;
  readonly pem: string;
}

/** What is wrong shows here, where its option is known: in a connection it would pass for trouble of the network. */
async function usable(cert: Half, key: Half): Promise<ClientCertificate> {
  mask(key.pem);
  if (holdsKey(cert)) mask(cert.pem);
  for (const { name, pem } of [cert, key]) if (pem.trim() === "") throw refused(`${name} is empty`);
  const { createSecureContext } = await import("node:tls");
  /** OpenSSL's word for what is wrong; it quotes nothing. The list of authorities is not loaded for it. */
  const problemOf = (halves: Partial<ClientCertificate>) => {
    try {
      createSecureContext({ ...halves, ca: [] });
      return undefined;
    } catch (error) {
      return { code: String(Object(error).code), reason: messageOf(error) };
    }
  };
  const certificate = { cert: cert.pem, key: key.pem };
  const together = problemOf(certificate);
  if (together === undefined) return certificate;
  const ofCert = problemOf({ cert: cert.pem });
  if (ofCert !== undefined) throw wrongCert(cert, ofCert);
  const ofKey = problemOf({ key: key.pem });
  if (ofKey !== undefined) throw wrongKey(key, ofKey);
  if (MISMATCH.includes(together.code)) {
    throw refused(`${key.name} is not the key of the certificate of ${cert.name}`);
  }
  throw refused(`${cert.name} and ${key.name} cannot be used: ${together.reason}`);
}

const MISMATCH: readonly string[] = ["ERR_OSSL_X509_KEY_VALUES_MISMATCH", "ERR_OSSL_X509_KEY_TYPE_MISMATCH"];

interface Problem {
  readonly code: string;
  readonly reason: string;
}

function wrongCert(cert: Half, { code, reason }: Problem): AuthError {
  if (code !== "ERR_OSSL_PEM_NO_START_LINE") return refused(`${cert.name} cannot be used: ${reason}`);
  if (holdsKey(cert)) return refused(`${cert.name} holds a private key and no certificate: the two may be swapped`);
  return refused(`${cert.name} is no certificate in PEM`);
}

function wrongKey(key: Half, { reason }: Problem): AuthError {
  if (!holdsKey(key)) return refused(`${key.name} is no private key in PEM`);
  if (!key.pem.includes("ENCRYPTED")) return refused(`${key.name} cannot be used: ${reason}`);
  return refused(`${key.name} is encrypted`, "Give the key without a passphrase: openssl pkey writes one");
}

function holdsKey({ pem }: Half): boolean {
  return pem.includes("PRIVATE KEY-----");
}

function refused(why: string, hint = "Give the certificate and its own private key, both in PEM"): AuthError {
  return new AuthError(`Cannot use the client certificate: ${why}`, { hint });
}

/** The first and last line stand in every key file, and are no secret. */
function mask(pem: string): void {
  for (const line of pem.split("\n")) if (!line.startsWith("-----")) secrets.add(line.trim());
}
