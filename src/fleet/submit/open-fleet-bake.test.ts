import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UsageError } from "../../common/errors.ts";
import { parseAddress } from "../queue/address.ts";
import { makeKeyText, parseKeys } from "../seal/fleet-key.ts";
import { openFleetBake } from "./open-fleet-bake.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "open-fleet-bake-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A submission to a queue that is not there, which is found out once all is well with the template. */
function submit(options: string) {
  const template = join(folder, "web.pkr.hcl");
  writeFileSync(
    template,
    `
data "outscale-omi" "base" {
  filters = { image-name = "Debian-*" }
  owners  = ["Outscale"]
}
source "outscale-chroot" "web" {
  region   = "eu-west-2"
  omi_name = "web"
  ${options}
}
build { sources = ["outscale-chroot.web"] }
`,
  );
  return openFleetBake({
    template,
    address: parseAddress(`unix:${join(folder, "no.sock")}`, {}),
    keys: parseKeys(makeKeyText(), "a key"),
    place: { accountId: undefined, region: undefined, label: undefined },
    standing: { group: null, priority: "normal" },
    retries: { most: 0, delayMs: 1_000 },
    env: {},
    included: [],
    limitBytes: 1_024,
    maxAge: "30d",
    onTrouble: () => undefined,
  });
}

describe("openFleetBake() with a greatest age", () => {
  it("refuses it where no build may be skipped", async () => {
    const submission = submit('source_omi = "ami-12345678"');
    await expect(submission).rejects.toThrow(UsageError);
    await expect(submission).rejects.toThrow("-max-age (maxAge) has no effect");
  });

  it.each([
    ["a build may be skipped", 'source_omi = "ami-12345678"\nskip_unchanged = true'],
    ["that comes from a data source", "source_omi = data.outscale-omi.base.id"],
  ])("takes it where %s", async (_, options) => {
    await expect(submit(options)).rejects.toMatchObject({ code: "E_FLEET" });
  });
});
