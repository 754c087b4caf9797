import { describe, expect, it } from "vitest";
import { messageOf } from "../../common/errors.ts";
import { parseManifestPlace } from "./manifest-url.ts";

describe("parseManifestPlace()", () => {
  it.each([
    ["https://oos.eu-west-2.outscale.com/images/a/manifest.json?Signature=abc"],
    ["HTTPS://oos.eu-west-2.outscale.com/images/a/manifest.json?Signature=abc"],
    ["  https://oos.eu-west-2.outscale.com/images/a/manifest.json?Signature=abc\r\n"],
  ])("takes the URL %j", (text) => {
    expect(parseManifestPlace(text)).toEqual({ url: text.trim() });
  });

  it("takes an object in a bucket as it is", () => {
    expect(parseManifestPlace("images/what?/signature=none")).toEqual({
      bucket: "images",
      key: "what?/signature=none",
    });
    expect(parseManifestPlace("images/a b/manifest.json")).toEqual({ bucket: "images", key: "a b/manifest.json" });
  });

  it.each([
    ["https://[::1/a?Signature=s3cret"],
    ["https://user:s3cret@[::1/a"],
    ["htps://oos.eu-west-2.outscale.com/images/a?X-Amz-Signature=s3cret"],
    ["oos.eu-west-2.outscale.com/a?X-Amz-Signature=s3cret"],
    ["images/a/manifest.json?X-Amz-Signature=s3cret"],
    ["images/a/manifest.json?AWSAccessKeyId=A&Expires=1&Signature=s3cret"],
    ["images/a/manifest.json&x-amz-signature=s3cret"],
    ['"https://oos.eu-west-2.outscale.com/a?X-Amz-Signature=s3cret"'],
  ])("shows nothing of %s that could be a secret", (text) => {
    const refused = () => parseManifestPlace(text);
    expect(refused).toThrow("is neither a URL nor an object in a bucket");
    let message = "";
    try {
      refused();
    } catch (error) {
      message = messageOf(error);
    }
    expect(message).not.toContain("s3cret");
  });
});
