import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { z } from "zod";
import { ProvenanceError } from "./provenance-error.ts";

export const PAYLOAD_TYPE = "application/vnd.in-toto+json";

/** Both alphabets of base64 are allowed. A decoder that passes over what it does not know would read what nobody has written. */
const base64 = z.string().regex(/^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)={0,2}$/);

/** @see https://github.com/secure-systems-lab/dsse/blob/master/envelope.md */
export const envelopeSchema = z.object({
  payload: base64,
  payloadType: z.string(),
  signatures: z
    .array(z.object({ keyid: z.string().optional(), sig: base64 }))
    .min(1)
    .max(100),
});

/** A payload with its signatures (DSSE). */
export type Envelope = z.infer<typeof envelopeSchema>;

/** What is signed: type and payload with their lengths, so that none can be taken for a part of the other. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const type = Buffer.from(payloadType, "utf8");
  const head = [Buffer.from(`DSSEv1 ${type.length} `), type, Buffer.from(` ${payload.length} `)];
  return Buffer.concat([...head, payload]);
}

/** @param key Private, of a kind that `hashOf` knows */
export function signEnvelope(payload: Uint8Array, key: KeyObject): Envelope {
  // ECDSA in DER: what cosign and in-toto's own tools write and read.
  const signature = sign(hashOf(key), preAuthEncoding(PAYLOAD_TYPE, payload), { key, dsaEncoding: "der" });
  return {
    payload: Buffer.from(payload).toString("base64"),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ keyid: keyIdOf(key), sig: signature.toString("base64") }],
  };
}

/** SHA-256, in hexadecimal, of the public key (SPKI, DER): `openssl pkey -in KEY -pubout -outform DER | sha256sum`. */
export function keyIdOf(key: KeyObject): string {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}

/**
 * Checks that every one of the keys has signed. A `keyid` is a hint that nobody has signed, and proves nothing: each
 * signature is tried with each key.
 * @param keys Public keys
 * @returns the payload
 * @throws {ProvenanceError} when a key has not, or it is the payload of something else
 */
export function openEnvelope(envelope: Envelope, keys: readonly KeyObject[]): Buffer {
  const payload = Buffer.from(envelope.payload, "base64"); // reads both alphabets
  const signed = preAuthEncoding(envelope.payloadType, payload);
  const signatures = envelope.signatures.map(({ sig }) => Buffer.from(sig, "base64"));
  for (const key of keys) {
    if (signatures.some((signature) => isSignedBy(key, signed, signature))) continue;
    const ids = envelope.signatures.map(({ keyid }) => keyid || "an unnamed key").join(", ");
    const message = `The key ${keyIdOf(key)} has not signed this, or it was changed afterwards`;
    throw new ProvenanceError(message, { hint: `It says that it is signed by ${ids}` });
  }
  if (envelope.payloadType !== PAYLOAD_TYPE) {
    throw new ProvenanceError(`What is signed is "${envelope.payloadType}", not "${PAYLOAD_TYPE}"`);
  }
  return payload;
}

/** Bytes of r and s side by side, which some tools write in place of DER. */
const PLAIN_LENGTHS: Readonly<Record<string, number>> = { prime256v1: 64, secp384r1: 96 };

function isSignedBy(key: KeyObject, signed: Uint8Array, signature: Uint8Array): boolean {
  const isValid = (dsaEncoding: "der" | "ieee-p1363") => {
    try {
      return verify(hashOf(key), signed, { key, dsaEncoding }, signature);
    } catch {
      return false; // no signature at all
    }
  };
  const plainLength = PLAIN_LENGTHS[key.asymmetricKeyDetails?.namedCurve ?? ""];
  return isValid("der") || (plainLength === signature.length && isValid("ieee-p1363"));
}

/** The hash that goes with a kind of key; null for Ed25519, which has its own. Undefined: not a kind that is used here. */
export function signatureHash(key: KeyObject): "sha256" | "sha384" | null | undefined {
  if (key.asymmetricKeyType === "ed25519") return null;
  const hashes = { prime256v1: "sha256", secp384r1: "sha384" } as const;
  const curve = key.asymmetricKeyType === "ec" ? key.asymmetricKeyDetails?.namedCurve : undefined;
  return curve === "prime256v1" || curve === "secp384r1" ? hashes[curve] : undefined;
}

function hashOf(key: KeyObject): "sha256" | "sha384" | null {
  const hash = signatureHash(key);
  if (hash === undefined)
    throw new Error(`A key of the kind ${key.asymmetricKeyType} was not refused when it was read`);
  return hash;
}
