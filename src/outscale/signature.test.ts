import { createHash } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { propertyRuns } from "../../tests/support/suite/sample.ts";
import {
  authorization,
  canonicalRequest,
  type Dialect,
  dialects,
  type SignedParts,
  signature,
  signatureDate,
  signingKey,
  stringToSign,
} from "./signature.ts";

const accessKey = "AKEXAMPLE0123456789A";
const secretKey = "SKEXAMPLE0123456789ABCDEFGHIJKLMNOPQRSTU";
const date = "20260101T120000Z";
const host = "api.eu-west-2.outscale.com";

/** The worked example of the platform reference, section 5.1. */
function example(dialect: Dialect, headers: Record<string, string> = { "content-type": "application/json" }) {
  return {
    dialect,
    method: "POST",
    path: "/api/v1/ReadVms",
    headers: { ...headers, host, [dialects[dialect].dateHeader]: date },
    body: '{"DryRun":true}',
    date,
    region: "eu-west-2",
    service: "api",
  } satisfies SignedParts;
}

describe("signature()", () => {
  const cases = [
    {
      dialect: "OSC4",
      request: "d4ad261808c4ab705681fe5290d5f732c83c39ee1eeddccc7b3e678197fab098",
      key: "e1daf4f97f68c9567177e74a4604328d3f4da4952dfb9466ec72fe2819b24782",
      signed: "0a172036a3a6b72f9e568b57b3a458c4252224aee010e8fc2a18aab622691f63",
    },
    {
      dialect: "AWS4",
      request: "9c36feabe2636bd15294460eaffb5e180a51174f6fd8af02ef3112dd7fd15c5b",
      key: "dc1d9b5feda2e796dedea798b829f367f43a0a4f2cab3d22910beb2619818d87",
      signed: "b982727989c9ec5cc53ddce84362d21c5615da0af7ce3090151bb12bd989c9fe",
    },
  ] as const;

  it.each(cases)("agrees with the worked example in $dialect", ({ dialect, request, key, signed }) => {
    const parts = example(dialect);
    expect(createHash("sha256").update(canonicalRequest(parts)).digest("hex")).toBe(request);
    expect(signingKey(secretKey, parts).toString("hex")).toBe(key);
    expect(signature(secretKey, parts)).toBe(signed);
  });

  it("covers only the headers that are signed", () => {
    expect(signature(secretKey, example("AWS4", {}))).toBe(
      "e4048984bb8e94dfe89b97366e97efd102f6bc876cfbede7a50509d57172fe99",
    );
  });

  it("agrees with aws4fetch on any body and time", async () => {
    const body = fc.string({ unit: "binary" });
    const epochMs = fc.integer({ min: 0, max: 4_000_000_000_000 });
    await fc.assert(
      fc.asyncProperty(body, epochMs, async (body, epochMs) => {
        const datetime = signatureDate(epochMs);
        const signer = new AwsV4Signer({
          url: `https://${host}/api/v1/CreateTags`,
          method: "POST",
          body,
          accessKeyId: accessKey,
          secretAccessKey: secretKey,
          service: "api",
          region: "eu-west-2",
          datetime,
        });
        const parts: SignedParts = {
          ...example("AWS4"),
          path: "/api/v1/CreateTags",
          headers: { host, "x-amz-date": datetime },
          body,
          date: datetime,
        };
        const { headers } = await signer.sign();
        expect(authorization({ accessKey, secretKey }, parts)).toBe(headers.get("authorization"));
      }),
      { numRuns: propertyRuns(50) },
    );
  });
});

describe("canonicalRequest()", () => {
  it("is the worked example's text", () => {
    expect(canonicalRequest(example("OSC4"))).toBe(
      "POST\n/api/v1/ReadVms\n\n" +
        "content-type:application/json\nhost:api.eu-west-2.outscale.com\nx-osc-date:20260101T120000Z\n\n" +
        "content-type;host;x-osc-date\necc57d1535da1ccbefdf48b303138858949259b90b4299252e60b3c570fd29cb",
    );
  });
});

describe("stringToSign()", () => {
  it("is the worked example's text", () => {
    expect(stringToSign(example("OSC4"))).toBe(
      "OSC4-HMAC-SHA256\n20260101T120000Z\n20260101/eu-west-2/api/osc4_request\n" +
        "d4ad261808c4ab705681fe5290d5f732c83c39ee1eeddccc7b3e678197fab098",
    );
  });
});

describe("authorization()", () => {
  it("names the credential, the signed headers and the signature", () => {
    expect(authorization({ accessKey, secretKey }, example("OSC4"))).toBe(
      "OSC4-HMAC-SHA256 Credential=AKEXAMPLE0123456789A/20260101/eu-west-2/api/osc4_request, " +
        "SignedHeaders=content-type;host;x-osc-date, " +
        "Signature=0a172036a3a6b72f9e568b57b3a458c4252224aee010e8fc2a18aab622691f63",
    );
  });
});

describe("signatureDate()", () => {
  it("writes UTC without separators and fractions", () => {
    expect(signatureDate(Date.UTC(2026, 0, 1, 12, 0, 0, 999))).toBe(date);
  });
});
