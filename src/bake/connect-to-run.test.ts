import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunHeader } from "../builder/journal/entry.ts";
import { AuthError } from "../common/errors.ts";
import { type ConnectInput, connectToRun } from "./connect-to-run.ts";

const header: RunHeader = {
  runId: "0a1b2c3d4e5f",
  buildName: "web",
  startedAt: "2026-01-02T03:04:05.000Z",
  version: "0.1.0",
  pid: 1,
  endpoint: "https://api.us-east-2.outscale.com/api/v1",
  region: "us-east-2",
  accountId: "123456789012",
  profile: null,
  deviceFolder: "/dev",
  localCloud: null,
};

let folder: string;
let env: NodeJS.ProcessEnv;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "connect-"));
  env = { OSC_CONFIG_FILE: join(folder, "config.json") };
  const profile = { access_key: "AKPROFILECONNECT", secret_key: "SKPROFILECONNECT", region: "eu-west-2" };
  writeFileSync(join(folder, "config.json"), JSON.stringify({ other: profile }));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function accessOf(input: ConnectInput, environment: NodeJS.ProcessEnv, changed: Partial<RunHeader> = {}) {
  const { access, close } = await connectToRun({ ...header, ...changed }, { ...input, env: environment });
  await close();
  return access;
}

/** Wherever the credentials come from, the run says where they are used. */
const place = { region: "us-east-2", endpoint: "https://api.us-east-2.outscale.com/api/v1" };

describe("connectToRun()", () => {
  it("takes the credentials of the environment to the run's own place", async () => {
    const keys = { OSC_ACCESS_KEY: "AKENVCONNECT", OSC_SECRET_KEY: "SKENVCONNECT", OSC_REGION: "eu-west-2" };
    expect(await accessOf({}, { ...env, ...keys })).toMatchObject({ accessKey: "AKENVCONNECT", ...place });
  });

  it("takes those of a profile", async () => {
    expect(await accessOf({ profile: "other" }, env)).toMatchObject({ accessKey: "AKPROFILECONNECT", ...place });
  });

  it("takes the run's own profile when nothing else is given", async () => {
    expect(await accessOf({}, env, { profile: "other" })).toMatchObject({ accessKey: "AKPROFILECONNECT", ...place });
    const keys = { OSC_ACCESS_KEY: "AKENVCONNECT", OSC_SECRET_KEY: "SKENVCONNECT" };
    expect(await accessOf({}, { ...env, ...keys }, { profile: "other" })).toMatchObject({ accessKey: "AKENVCONNECT" });
  });

  it("leaves the environment's keys when they are another region's, and the run had a profile", async () => {
    const keys = { OSC_ACCESS_KEY: "AKENVCONNECT", OSC_SECRET_KEY: "SKENVCONNECT" };
    const had = { profile: "other" };
    const [elsewhere, here] = ["eu-west-2", "us-east-2"].map((OSC_REGION) => ({ ...env, ...keys, OSC_REGION }));
    expect(await accessOf({}, elsewhere ?? {}, had)).toMatchObject({ accessKey: "AKPROFILECONNECT", ...place });
    expect(await accessOf({}, here ?? {}, had)).toMatchObject({ accessKey: "AKENVCONNECT", ...place });
  });

  it("takes those of a template, with its variables", async () => {
    const template = join(folder, "web.pkr.hcl");
    writeFileSync(
      template,
      `variable "secret" {
  type = string
}
source "outscale-chroot" "web" {
  omi_name   = "web"
  source_omi = "ami-12345678"
  access_key = "AKTEMPLATECONNECT"
  secret_key = var.secret
  region     = "eu-west-2"
}
build {
  sources = ["source.outscale-chroot.web"]
}
`,
    );
    expect(await accessOf({ template: { template, variables: { secret: "SKTEMPLATECONNECT" } } }, env)).toMatchObject({
      accessKey: "AKTEMPLATECONNECT",
      secretKey: "SKTEMPLATECONNECT",
      ...place,
    });
  });

  it("says when there are none", async () => {
    await expect(accessOf({}, env)).rejects.toThrow(AuthError);
  });
});
