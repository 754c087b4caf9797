import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  type Envelope,
  envelopeSchema,
  keyIdOf,
  openEnvelope,
  PAYLOAD_TYPE,
  preAuthEncoding,
  signEnvelope,
} from "./envelope.ts";
import { ProvenanceError } from "./provenance-error.ts";

const pairs = {
  "ECDSA P-256": generateKeyPairSync("ec", { namedCurve: "P-256" }),
  "ECDSA P-384": generateKeyPairSync("ec", { namedCurve: "P-384" }),
  Ed25519: generateKeyPairSync("ed25519"),
};
const payload = Buffer.from('{"_type":"x"}');
const { privateKey, publicKey } = pairs["ECDSA P-256"];

/** @see https://github.com/secure-systems-lab/dsse/blob/master/protocol.md, Test Vectors */
const vector: Envelope = {
  payload: "aGVsbG8gd29ybGQ=",
  payloadType: "http://example.com/HelloWorld",
  signatures: [{ sig: "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==" }],
};
const vectorKey = createPublicKey({
  format: "jwk",
  key: {
    kty: "EC",
    crv: "P-256",
    x: coordinate(46950820868899156662930047687818585632848591499744589407958293238635476079160n),
    y: coordinate(5640078356564379163099075877009565129882514886557779369047442380624545832820n),
  },
});

function coordinate(value: bigint): string {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex").toString("base64url");
}

describe("preAuthEncoding()", () => {
  it("is that of the standard's example, and counts bytes", () => {
    const encoded = preAuthEncoding("http://example.com/HelloWorld", Buffer.from("hello world"));
    expect(encoded.toString()).toBe("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    expect(preAuthEncoding("é", Buffer.from("ü")).toString()).toBe("DSSEv1 2 é 2 ü");
  });
});

describe("openEnvelope()", () => {
  it.each(Object.entries(pairs))("opens what a key of the kind %s has signed", (_kind, pair) => {
    const envelope = signEnvelope(payload, pair.privateKey);
    expect(envelopeSchema.parse(JSON.parse(JSON.stringify(envelope)))).toEqual(envelope);
    expect(openEnvelope(envelope, [pair.publicKey])).toEqual(payload);
    expect(envelope.signatures[0]?.keyid).toBe(keyIdOf(pair.publicKey));
  });

  it("accepts the signature of the standard's example, and refuses the type that it signs", () => {
    expect(() => openEnvelope(vector, [vectorKey])).toThrow('What is signed is "http://example.com/HelloWorld"');
  });

  it("reads base64 for URLs and r and s side by side, as other tools write them", () => {
    const urlPayload = Buffer.from('{"a":"??>>~~"}');
    const sig = sign("sha256", preAuthEncoding(PAYLOAD_TYPE, urlPayload), {
      key: privateKey,
      dsaEncoding: "ieee-p1363",
    });
    const envelope = {
      payload: urlPayload.toString("base64url"),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: sig.toString("base64url") }],
    };
    expect(openEnvelope(envelopeSchema.parse(envelope), [publicKey])).toEqual(urlPayload);
  });

  const signed = signEnvelope(payload, privateKey);
  const [signature] = signed.signatures;
  const other = pairs["ECDSA P-384"];
  it.each<[string, Envelope, readonly KeyObject[]]>([
    ["another payload", { ...signed, payload: Buffer.from("{}").toString("base64") }, [publicKey]],
    ["another type of payload", { ...signed, payloadType: "application/json" }, [publicKey]],
    ["another key", signed, [generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey]],
    ["a key of another kind", signed, [pairs.Ed25519.publicKey]],
    ["no signature in the signature", { ...signed, signatures: [{ sig: "" }] }, [publicKey]],
    ["half of a signature", { ...signed, signatures: [{ sig: signature?.sig.slice(0, 40) ?? "" }] }, [publicKey]],
    ["one of two keys", signed, [publicKey, other.publicKey]],
    [
      "the id of a key over another's signature",
      {
        ...signEnvelope(payload, other.privateKey),
        signatures: [{ keyid: keyIdOf(publicKey), sig: signature?.sig ?? "" }],
      },
      [other.publicKey],
    ],
  ])("refuses %s", (_what, envelope, keys) => {
    expect(() => openEnvelope(envelope, keys)).toThrow(ProvenanceError);
    expect(() => openEnvelope(envelope, keys)).toThrow("has not signed this");
  });

  it("finds the signatures of several keys among others, whatever ids they have", () => {
    const both = [other.privateKey, privateKey].flatMap((key) => signEnvelope(payload, key).signatures);
    const misnamed = both.map(({ sig }) => ({ keyid: "mallory", sig }));
    const envelope = { ...signed, signatures: [{ sig: "AAAA" }, ...misnamed] };
    expect(openEnvelope(envelope, [publicKey, other.publicKey])).toEqual(payload);
  });
});

describe("envelopeSchema", () => {
  const signed = signEnvelope(payload, privateKey);
  it.each([
    ["what is no base64", { ...signed, payload: "a b" }],
    ["both alphabets at once", { ...signed, payload: "-_+/" }],
    ["no signatures", { ...signed, signatures: [] }],
    ["a thousand signatures", { ...signed, signatures: Array.from({ length: 1000 }, () => ({ sig: "AAAA" })) }],
    ["a payload that is no text", { ...signed, payload: 1 }],
  ])("refuses %s", (_what, envelope) => {
    expect(envelopeSchema.safeParse(envelope).success).toBe(false);
  });
});
