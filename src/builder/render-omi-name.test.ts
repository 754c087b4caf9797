import { describe, expect, it } from "vitest";
import { image } from "../../tests/support/builder/api-objects.ts";
import { fakeBuild } from "../../tests/support/builder/fake-build.ts";
import { renderOmiName } from "./render-omi-name.ts";

describe("renderOmiName()", () => {
  it("fills in what is known of the source", async () => {
    await using fake = await fakeBuild({ config: { omi_name: "{{.SourceOMIName}}-web" } });
    expect(renderOmiName(fake.build, image())).toBe("Debian-web");
  });

  it("refuses a name that the service would refuse after all the work", async () => {
    await using fake = await fakeBuild({ config: { omi_name: "{{.SourceOMIName}}-web" } });
    expect(() => renderOmiName(fake.build, image({ ImageName: "Debian: 12" }))).toThrow('must not contain ":"');
    expect(() => renderOmiName(fake.build, image({ ImageName: "x".repeat(128) }))).toThrow("3 to 128 characters");
  });

  it("refuses a name with the secret key in it, and does not say it", async () => {
    await using fake = await fakeBuild({ config: { omi_name: "web-SECRETKEYOFTHETEST" } });
    expect(() => renderOmiName(fake.build, undefined)).toThrow("omi_name: contains the secret key of the credentials");
  });
});
