import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { recordInputs } from "../../../tests/support/bake/record-inputs.ts";
import { image } from "../../../tests/support/builder/api-objects.ts";
import { plan } from "./plan-builds.ts";

describe("plan() with skip_unchanged", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "plan-builds-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A template of one build, and where its records lie. */
  function templateOf(name: string, options = "skip_unchanged = true") {
    const template = join(folder, `${name}.pkr.hcl`);
    const source = `source "outscale-chroot" "web" {\nomi_name = "web"\nsource_omi = "ami-12345678"\n${options}\n}\n`;
    writeFileSync(template, `${source}build {\nsources = ["outscale-chroot.web"]\n}\n`);
    return { template, env: { OSC_REGION: "eu-west-2", OUTSCALE_CHROOT_STATE: join(folder, "state") } };
  }

  async function skippingOf(input: Parameters<typeof plan>[0]) {
    const [first] = (await plan(input)).plans;
    return first?.steps.find(({ step }) => step === "StepSkipUnchanged")?.does;
  }

  it("has no such step unless the template or the caller asks for it", async () => {
    const input = templateOf("asked", "");
    expect(await skippingOf(input)).toBeUndefined();
    expect(await skippingOf({ ...input, skipUnchanged: true })).toHaveLength(2);
    expect(await skippingOf({ ...templateOf("asked"), skipUnchanged: false })).toBeUndefined();
  });

  it("says that there is nothing to compare with", async () => {
    const does = await skippingOf(templateOf("first"));
    expect(does?.[1]).toBe("there is no record of an earlier run of it on this machine, or this user may not read it");
  });

  it("says what has changed, and what it cannot know without the account", async () => {
    const input = templateOf("again");
    await recordInputs({ ...input, source: image() });
    const last = "since run 0a1b2c3d4e5f of 2026-01-02, with ami-5e6f7a8b";
    const unknown = "only the account can tell of source OMI, source snapshots";
    expect((await skippingOf(input))?.slice(1)).toEqual([`nothing that is known here has changed ${last}`, unknown]);
    const changed = templateOf("again", 'skip_unchanged = true\ntags = { A = "1" }\nroot_volume_size = 20');
    const names = "option tags, option root_volume_size";
    expect((await skippingOf(changed))?.slice(1)).toEqual([`changed ${last}: ${names}`, unknown]);
  });
});

describe("plan()", () => {
  it.each(["skip_unchanged = true", ""])(
    "refuses what a build refuses, with %s: a host to connect to",
    async (options) => {
      const folder = mkdtempSync(join(tmpdir(), "plan-builds-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const template = join(folder, "web.pkr.hcl");
      const provisioner = 'provisioner "shell" {\ninline = ["ping ${build.Host}"]\n}';
      const source = `source "outscale-chroot" "web" {\nomi_name = "web"\nsource_omi = "ami-12345678"\n${options}\n}\n`;
      writeFileSync(template, `${source}build {\nsources = ["outscale-chroot.web"]\n${provisioner}\n}\n`);
      await expect(plan({ template, env: { OSC_REGION: "eu-west-2" } })).rejects.toThrow("uses build.Host");
    },
  );
});
