import { describe, expect, it } from "vitest";
import { type Answer, signedCall, signedHeaders } from "../support/local-cloud/signed-call.ts";
import type { ContractContext } from "./cloud-contract.ts";

const MINUTE_MS = 60_000;

/** Platform reference, sections 2, 3 and 5. */
export function authenticationContract(context: ContractContext): void {
  const codeOf = ({ status, body }: Answer) => [status, body.Errors?.[0]?.Code];

  describe("authentication", () => {
    it.each(["OSC4", "AWS4"] as const)("takes a signature in the dialect %s", async (dialect) => {
      const answer = await signedCall({ ...context.client.caller, dialect }, "ReadVms", { DryRun: true });
      expect(answer.status).toBe(200);
    });

    it("takes a signature over the host without its port", async () => {
      const url = new URL(`${context.target.endpoint}/ReadVms`);
      // As osc-sdk-python does: what is signed knows the host's name alone, what is sent has the port.
      const headers = signedHeaders(context.client.caller, { pathname: url.pathname, host: url.hostname }, "{}");
      expect((await fetch(url, { method: "POST", headers, body: "{}" })).status).toBe(200);
    });

    it.each(["/api/latest/ReadVms", "//api/latest/ReadVms", "//api//v1//ReadVms"])(
      "serves %s, also when the path was signed with single slashes",
      async (path) => {
        const { origin, host } = new URL(context.target.endpoint);
        for (const pathname of new Set([path, path.replace(/\/+/g, "/")])) {
          const headers = signedHeaders(context.client.caller, { pathname, host }, "{}");
          expect((await fetch(origin + path, { method: "POST", headers, body: "{}" })).status).toBe(200);
        }
      },
    );

    it("answers any page's script: with the header for it on every answer, and to the question before", async () => {
      const fine = await context.client.call("ReadVms");
      const refused = await context.client.call("DeleteVolume", { VolumeId: "vol-00000000" });
      for (const { headers } of [fine, refused]) expect(headers.get("access-control-allow-origin")).toBe("*");
      const before = await fetch(`${context.target.endpoint}/ReadVms`, { method: "OPTIONS" });
      expect([before.status, before.headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
    });

    it("answers 400 and 4120 to an access key that it does not know", async () => {
      const answer = await signedCall({ ...context.client.caller, accessKey: "ABCDEFGHIJ0123456789" }, "ReadVms");
      expect(codeOf(answer)).toEqual([400, "4120"]);
    });

    it("answers 401 and 1 to a bad signature", async () => {
      const answer = await signedCall({ ...context.client.caller, secretKey: "WRONG" }, "ReadVms");
      expect(codeOf(answer)).toEqual([401, "1"]);
      // A good one in between: four bad ones in a row would lock the account out.
      expect((await signedCall(context.client.caller, "ReadVms")).status).toBe(200);
    });

    it("answers 401 when the body is not the one that was signed", async () => {
      const url = new URL(`${context.target.endpoint}/ReadVms`);
      const headers = signedHeaders(context.client.caller, url, "{}");
      const response = await fetch(url, { method: "POST", headers, body: '{"DryRun":true}' });
      expect(response.status).toBe(401);
      expect((await signedCall(context.client.caller, "ReadVms")).status).toBe(200);
    });

    it.each([-6, 6])("refuses a request whose date is %d minutes away", async (minutes) => {
      const answer = await signedCall({ ...context.client.caller, nowMs: Date.now() + minutes * MINUTE_MS }, "ReadVms");
      expect(answer.status).toBe(401);
      expect((await signedCall(context.client.caller, "ReadVms")).status).toBe(200);
    });

    it("answers ReadRegions without authentication, with a bare host", async () => {
      const response = await fetch(`${context.target.endpoint}/ReadRegions`, { method: "POST" });
      expect(response.status).toBe(200);
      const { Regions } = (await response.json()) as Answer["body"];
      expect(Regions).toContainEqual({
        RegionName: context.target.region,
        Endpoint: `api.${context.target.region}.outscale.com`,
      });
    });

    it("answers every request with a RequestId and every refusal with Code, Type and Details as text", async () => {
      const fine = await context.client.call("ReadVms");
      expect(fine.body.ResponseContext.RequestId).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
      );
      const refused = await context.client.call("DeleteVolume", { VolumeId: "vol-00000000" });
      const text = expect.any(String);
      expect(refused.body.Errors).toEqual([{ Code: text, Type: text, Details: text }]);
      expect(refused.body.ResponseContext.RequestId).not.toBe(fine.body.ResponseContext.RequestId);
    });

    it("answers DryRun with the context alone, and does nothing", async () => {
      const request = { SubregionName: `${context.target.region}a`, Size: 1, ClientToken: "dry-run", DryRun: true };
      const { status, body } = await context.client.call("CreateVolume", request);
      expect([status, Object.keys(body)]).toEqual([200, ["ResponseContext"]]);
      expect((await context.client.ok("ReadVolumes", { Filters: { ClientTokens: ["dry-run"] } })).Volumes).toEqual([]);
    });
  });
}
