import { describe, expect, it } from "vitest";
import { redactBody } from "./redact.ts";

describe("redactBody()", () => {
  it("hides secrets by the name of their field, wherever they are", () => {
    const OsuExport = { OsuBucket: "b", OsuApiKey: { ApiKeyId: "id", SecretKey: "s" } };
    expect(redactBody("CreateImageExportTask", { OsuExport })).toEqual({
      OsuExport: { OsuBucket: "b", OsuApiKey: { ApiKeyId: "<redacted>", SecretKey: "<redacted>" } },
    });
    expect(redactBody("ReadVms", { Vms: [{ VmId: "i-1", UserData: "cGFzc3dvcmQ=" }] })).toEqual({
      Vms: [{ VmId: "i-1", UserData: "<redacted>" }],
    });
  });

  it("hides the signature of a signed URL", () => {
    const FileLocation = "https://oos.eu-west-2.outscale.com/b/k?AWSAccessKeyId=A&Signature=B";
    expect(redactBody("CreateImage", { FileLocation })).toEqual({
      FileLocation: "https://oos.eu-west-2.outscale.com/b/k?<redacted>",
    });
  });

  it("leaves only the id of an account", () => {
    const Accounts = [{ AccountId: "123456789012", FirstName: "Ada", AdditionalEmails: ["ada@example.com"] }];
    expect(redactBody("ReadAccounts", { Accounts, ResponseContext: { RequestId: "r" } })).toEqual({
      Accounts: [{ AccountId: "123456789012", FirstName: "<redacted>", AdditionalEmails: "<redacted>" }],
      ResponseContext: { RequestId: "r" },
    });
  });

  it("leaves everything else as it is", () => {
    const body = { Volumes: [{ VolumeId: "vol-1", Size: 10, ClientToken: "run-1" }], DryRun: false };
    expect(redactBody("ReadVolumes", body)).toEqual(body);
  });
});
