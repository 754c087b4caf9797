import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { FleetError } from "../../common/errors.ts";
import type { FleetKey, FleetKeys } from "./fleet-key.ts";

/** What a message is; one that was sealed as another is refused. */
export type Purpose =
  | "job"
  | "output"
  | "control"
  | "worker"
  | "claim"
  | "content"
  | "record"
  | "schedule"
  | "journal"
  | "object";

/** What a message is about: it opens under the same alone. */
export interface SealedAbout {
  readonly purpose: Purpose;
  /** The queue, which has account and region in its name. */
  readonly queue: string;
  /** The job, worker or content. */
  readonly subject: string;
  /** Which of the subject's messages it is. */
  readonly number?: number;
}

export interface Opened {
  readonly content: Buffer;
  /** When it was sealed: milliseconds since the epoch. */
  readonly sealedAt: number;
}

/** A message that cannot be opened. */
export class SealError extends FleetError {}

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Version, id of the key, and time: what stands before the nonce of a message in bytes. */
const HEAD_BYTES = 1 + 4 + 6;
/** How much longer a message in bytes is than its content. */
export const SEAL_BYTES = HEAD_BYTES + NONCE_BYTES + TAG_BYTES;
/** No message of ours is larger when it is open. */
const MOST_BYTES = 512 * 1024 ** 2;

/**
 * Seals and opens the fleet's messages: AES-256-GCM with a key of its own for each purpose, derived of the fleet's. What a
 * message is about, when it was sealed and with which key is under the seal, too.
 */
export class Sealer {
  readonly #keys: FleetKeys;
  readonly #now: () => number;
  /** By key and purpose. */
  readonly #derived = new Map<string, Buffer>();

  constructor(keys: FleetKeys, now: () => number) {
    this.#keys = keys;
    this.#now = now;
  }

  seal(content: Buffer | string, about: SealedAbout): string {
    const { keyId, sealedAt, body } = this.#encrypt(deflateRawSync(content), about);
    return [VERSION, keyId, sealedAt, body.toString("base64")].join(".");
  }

  /** The same in bytes, not compressed: a piece of something large, whose length is to be known before. */
  sealBytes(content: Buffer, about: SealedAbout): Buffer {
    const { keyId, sealedAt, body } = this.#encrypt(content, about);
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt8(VERSION);
    head.write(keyId, 1, "hex");
    head.writeUIntBE(sealedAt, 5, 6);
    return Buffer.concat([head, body]);
  }

  #encrypt(
    content: Buffer,
    about: SealedAbout,
  ): { readonly keyId: string; readonly sealedAt: number; readonly body: Buffer } {
    const [key] = this.#keys;
    const sealedAt = this.#now();
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#derive(key, about.purpose), nonce);
    cipher.setAAD(aadOf(key.id, sealedAt, about));
    const body = Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
    return { keyId: key.id, sealedAt, body };
  }

  /** @throws {SealError} when it was not sealed with one of the keys, or as something else, or is damaged */
  open(sealed: unknown, about: SealedAbout): Opened {
    const [, id, time, body] = /^1\.([0-9a-f]{8})\.(\d{1,15})\.([A-Za-z0-9+/=]+)$/.exec(String(sealed)) ?? [];
    if (id === undefined || body === undefined) throw refusal(about, "it has no seal");
    const bytes = Buffer.from(body, "base64");
    // Base64 has bits that mean nothing: a message has one form only.
    if (bytes.toString("base64") !== body) throw refusal(about, "it is written otherwise than sealed");
    const sealedAt = Number(time);
    const packed = this.#decrypt({ keyId: id, sealedAt, body: bytes }, about);
    try {
      return { content: inflateRawSync(packed, { maxOutputLength: MOST_BYTES }), sealedAt };
    } catch {
      throw refusal(about, "its seal is broken");
    }
  }

  /** Opens what {@link sealBytes} has sealed. @throws {SealError} as {@link open} */
  openBytes(sealed: Buffer, about: SealedAbout): Opened {
    if (sealed.length < SEAL_BYTES) throw refusal(about, "it is cut off");
    if (sealed.readUInt8() !== VERSION) throw refusal(about, "it has no seal");
    const keyId = sealed.toString("hex", 1, 5);
    const sealedAt = sealed.readUIntBE(5, 6);
    return { content: this.#decrypt({ keyId, sealedAt, body: sealed.subarray(HEAD_BYTES) }, about), sealedAt };
  }

  #decrypt(
    { keyId, sealedAt, body }: { readonly keyId: string; readonly sealedAt: number; readonly body: Buffer },
    about: SealedAbout,
  ): Buffer {
    const key = this.#keys.find(({ id }) => id === keyId);
    if (key === undefined) throw refusal(about, `it is sealed with the key ${keyId}, which is not known here`);
    if (body.length < NONCE_BYTES + TAG_BYTES) throw refusal(about, "it is cut off");
    const secret = this.#derive(key, about.purpose);
    const options = { authTagLength: TAG_BYTES };
    const decipher = createDecipheriv("aes-256-gcm", secret, body.subarray(0, NONCE_BYTES), options);
    decipher.setAAD(aadOf(keyId, sealedAt, about)).setAuthTag(body.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch {
      throw refusal(about, "its seal is broken");
    }
  }

  #derive({ id, bytes }: FleetKey, purpose: Purpose | "address"): Buffer {
    const name = `${id} ${purpose}`;
    const known = this.#derived.get(name);
    if (known !== undefined) return known;
    const derived = Buffer.from(hkdfSync("sha256", bytes, "outscale-chroot fleet", purpose, 32));
    this.#derived.set(name, derived);
    return derived;
  }

  /** Under what a content is found: nobody without the key can tell whether it is one that he knows. */
  addressOf(sha256: string): string {
    return createHmac("sha256", this.#derive(this.#keys[0], "address")).update(sha256).digest("hex");
  }
}

function aadOf(keyId: string, sealedAt: number, { purpose, queue, subject, number = 0 }: SealedAbout): Buffer {
  return Buffer.from(JSON.stringify([VERSION, keyId, sealedAt, purpose, queue, subject, number]));
}

function refusal({ purpose, subject }: SealedAbout, reason: string): SealError {
  return new SealError(`The ${purpose} message of ${subject} is refused: ${reason}`, {
    hint: "submitters and workers need the same fleet key; if they have it, somebody else writes to the queue",
  });
}
