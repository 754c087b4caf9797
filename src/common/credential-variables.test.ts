import { describe, expect, it } from "vitest";
import { isCredentialVariable, withoutCredentials } from "./credential-variables.ts";

describe("isCredentialVariable()", () => {
  it.each([
    ["OSC_ACCESS_KEY", true],
    ["OSC_SECRET_KEY", true],
    ["OUTSCALE_ACCESSKEYID", true],
    ["OUTSCALE_SECRETKEYID", true],
    ["OSC_PASSWORD", true],
    ["OSC_X509_CLIENT_KEY_B64", true],
    ["OSC_SECRET_KEY_US_EAST_2", true],
    ["OSC_REGION_US_EAST_2", false],
    ["OSC_X509_CLIENT_KEY", false],
    ["OUTSCALE_X509KEY", false],
    ["OSC_REGION", false],
    ["OSC_PROFILE", false],
    ["PATH", false],
  ])("of %s is %s", (name, expected) => expect(isCredentialVariable(name)).toBe(expected));
});

describe("withoutCredentials()", () => {
  const env = {
    PATH: "/bin",
    OSC_REGION: "eu-west-2",
    OSC_ACCESS_KEY: "AKIDAKIDAKID",
    OSC_SECRET_KEY: "SKSKSKSKSK",
    PKR_VAR_secret: "SKSKSKSKSK",
    CONFIG: '{"key":"AKIDAKIDAKID"}',
    ABSENT: undefined,
  };

  it("leaves out the credentials, and what has their values in it", () => {
    expect(withoutCredentials(env)).toEqual({
      env: { PATH: "/bin", OSC_REGION: "eu-west-2" },
      withheld: ["OSC_ACCESS_KEY", "OSC_SECRET_KEY", "PKR_VAR_secret", "CONFIG"],
    });
  });

  it("passes those that are asked for by name, and no others", () => {
    expect(withoutCredentials(env, ["OSC_SECRET_KEY", "PKR_VAR_secret"])).toEqual({
      env: { PATH: "/bin", OSC_REGION: "eu-west-2", OSC_SECRET_KEY: "SKSKSKSKSK", PKR_VAR_secret: "SKSKSKSKSK" },
      withheld: ["OSC_ACCESS_KEY", "CONFIG"],
    });
  });

  it("takes no variable for a credential because of a short value", () => {
    expect(withoutCredentials({ OSC_LOGIN: "a", PATH: "/bin:/usr/bin:/sbin/a" }).withheld).toEqual(["OSC_LOGIN"]);
    expect(withoutCredentials({ OSC_TOKEN: "", PATH: "/bin" }).env).toEqual({ PATH: "/bin" });
  });
});
