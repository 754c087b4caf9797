import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plan } from "./plan-builds.ts";

describe("plan() with omi_regions", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "plan-regions-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function planOf(options: string) {
    const template = join(folder, "web.pkr.hcl");
    const source = `source "outscale-chroot" "web" {\nomi_name = "web"\nsource_omi = "ami-12345678"\n${options}\n}\n`;
    writeFileSync(template, `${source}build {\nsources = ["outscale-chroot.web"]\n}\n`);
    const { plans } = await plan({ template, env: { OSC_REGION: "eu-west-2", OUTSCALE_CHROOT_STATE: folder } });
    const does = (name: string) => plans[0]?.steps.find(({ step }) => step === name)?.does;
    return { plan: plans[0], check: does("StepCheckRegions"), copy: does("StepCopyRegions") };
  }

  const regions = 'omi_regions = ["us-east-2", "us-west-1"]\nregion_profiles = { "us-west-1" = "prod" }\n';

  it("says which regions, by way of what, and with whose credentials", async () => {
    const { plan, check, copy } = await planOf(`${regions}region_copy {\nbucket = "acme"\n}`);
    expect(check).toEqual([
      "makes sure that the bucket acme is there and can be written, and that the OMI's name is free there",
      'credentials for us-east-2: OSC_ACCESS_KEY_US_EAST_2 and OSC_SECRET_KEY_US_EAST_2, or the profile "us-east-2"',
      'credentials for us-west-1: the profile "prod"',
    ]);
    expect(copy).toEqual([
      "exports the OMI with a manifest to acme, below outscale-chroot/<run>/",
      "imports it into us-east-2, us-west-1 at the same time, with the permissions and tags that it has here",
    ]);
    expect(plan?.steps.at(-1)?.step).toBe("StepCopyRegions");
    expect(plan?.resources.slice(-3)).toEqual([
      { kind: "objects", what: "the export, in acme", fate: "deleted when the last copy is there" },
      { kind: "OMI", what: "web in us-east-2", fate: "stays" },
      { kind: "OMI", what: "web in us-west-1", fate: "stays" },
    ]);
    expect(plan?.toBeRead.at(-1)).toMatch(/^whether bucket and accounts can be used/);
  });

  it("says what stays, what is made and what is replaced", async () => {
    const region_copy =
      'region_copy {\nbucket = "acme"\ncreate_bucket = true\nkeep_objects = true\nmethod = "snapshots"\n}';
    const { plan, copy } = await planOf(`${regions}force_deregister = true\n${region_copy}`);
    expect(copy?.[0]).toMatch(/^exports the OMI's snapshots/);
    expect(copy?.at(-1)).toBe("replaces the OMI of that name there, when its successor is complete");
    expect(plan?.resources).toContainEqual({ kind: "objects", what: "the export, in acme", fate: "stay" });
    expect(plan?.resources.find(({ kind }) => kind === "bucket")?.fate).toBe("deleted when it is empty");
  });

  it("has neither step for the account's own region, nor where no OMI is made", async () => {
    expect(await planOf('omi_regions = ["eu-west-2"]')).toMatchObject({ check: undefined, copy: undefined });
    const { plan, check, copy } = await planOf(`${regions}skip_create_omi = true\nregion_copy {\nbucket = "acme"\n}`);
    expect([check, copy]).toEqual([undefined, undefined]);
    expect(plan?.resources.map(({ kind }) => kind)).not.toContain("objects");
  });
});
