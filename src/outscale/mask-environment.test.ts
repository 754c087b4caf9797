import { expect, it } from "vitest";
import { secrets } from "../common/secrets.ts";
import { maskEnvironment } from "./mask-environment.ts";

it("maskEnvironment() registers credentials, and no paths", () => {
  maskEnvironment({
    OSC_ACCESS_KEY: "AKMASKENV",
    OSC_SECRET_KEY: "SKMASKENV",
    OSC_SECRET_KEY_V2: "SKV2MASKENV",
    OSC_PASSWORD: "PWMASKENV",
    OSC_X509_CLIENT_KEY: "/etc/maskenv.key",
    OSC_X509_CLIENT_KEY_B64: "B64MASKENV",
    OUTSCALE_SECRETKEYID: "OLDMASKENV",
    OUTSCALE_X509KEY: "/etc/oldmaskenv.key",
    OSC_REGION: "eu-maskenv-2",
    https_proxy: "http://user:PROXY%40MASKENV@proxy:3128",
  });
  const masked = "<sensitive>";
  expect(secrets.mask("AKMASKENV SKMASKENV PWMASKENV OLDMASKENV")).toBe([masked, masked, masked, masked].join(" "));
  expect(secrets.mask("B64MASKENV SKV2MASKENV")).toBe(`${masked} ${masked}`);
  expect(secrets.mask("PROXY%40MASKENV PROXY@MASKENV")).toBe(`${masked} ${masked}`);
  expect(secrets.mask("/etc/maskenv.key /etc/oldmaskenv.key eu-maskenv-2")).toBe(
    "/etc/maskenv.key /etc/oldmaskenv.key eu-maskenv-2",
  );
});
