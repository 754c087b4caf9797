import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UsageError } from "../../common/errors.ts";
import { keyIdOf } from "./envelope.ts";
import { PASSWORD_VARIABLE, readPublicKey, readSigningKey } from "./key-file.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const pem = { type: "pkcs8", format: "pem" } as const;

describe("keys of provenance", () => {
  let folder: string;
  const write = (name: string, content: string | Buffer, mode = 0o600) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "provenance-keys-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("readSigningKey() takes a file that others cannot read, also behind a link", () => {
    const path = write("key.pem", privateKey.export(pem));
    expect(keyIdOf(readSigningKey(path, {}))).toBe(keyIdOf(publicKey));
    symlinkSync(path, join(folder, "link.pem"));
    expect(keyIdOf(readSigningKey(join(folder, "link.pem"), {}))).toBe(keyIdOf(publicKey));
  });

  it("readSigningKey() unlocks a key with the password of the environment", () => {
    const locked = privateKey.export({ ...pem, cipher: "aes-256-cbc", passphrase: "open sesame" });
    const path = write("locked.pem", locked);
    expect(keyIdOf(readSigningKey(path, { [PASSWORD_VARIABLE]: "open sesame" }))).toBe(keyIdOf(publicKey));
    expect(() => readSigningKey(path, {})).toThrow(`set ${PASSWORD_VARIABLE}`);
    expect(() => readSigningKey(path, { [PASSWORD_VARIABLE]: "wrong" })).toThrow(UsageError);
  });

  it("readSigningKey() refuses a key that every user can read", () => {
    expect(() => readSigningKey(write("open.pem", privateKey.export(pem), 0o644), {})).toThrow("Every user of this");
  });

  it("refuses what is no key of a kind that is used", () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const curve = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
    expect(() => readSigningKey(write("rsa.pem", rsa.privateKey.export(pem)), {})).toThrow("is of the kind rsa");
    expect(() => readSigningKey(write("curve.pem", curve.privateKey.export(pem)), {})).toThrow("kind ec secp256k1");
    expect(() => readSigningKey(write("text.pem", "no key"), {})).toThrow("cannot be used");
    expect(() => readSigningKey(write("huge.pem", Buffer.alloc(1024 ** 2)), {})).toThrow("too large");
    expect(() => readSigningKey(folder, {})).toThrow("not a regular file");
    expect(() => readSigningKey(join(folder, "none"), {})).toThrow(UsageError);
  });

  it("readPublicKey() takes a public key, and no private one", () => {
    const spki = publicKey.export({ type: "spki", format: "pem" });
    expect(keyIdOf(readPublicKey(write("key.pub.pem", spki, 0o644)))).toBe(keyIdOf(publicKey));
    expect(() => readPublicKey(write("wrong.pem", privateKey.export(pem)))).toThrow("it is a private key");
  });
});
