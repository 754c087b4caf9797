import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UsageError } from "../common/errors.ts";
import { openBake } from "./open-bake.ts";
import type { BuildSettings } from "./prepare-builds.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "max-age-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const env = { OSC_ACCESS_KEY: "AK", OSC_SECRET_KEY: "SKMAXAGETEST" };

/** A template with a build for each text of options. */
function templateOf(builds: readonly string[]): string {
  const path = join(folder, "web.pkr.hcl");
  const sources = builds.map(
    (options, index) => `
source "outscale-chroot" "b${index}" {
  region     = "eu-west-2"
  source_omi = "ami-12345678"
  omi_name   = "web-${index}"
  ${options}
}`,
  );
  const names = builds.map((_, index) => `"outscale-chroot.b${index}"`).join(", ");
  writeFileSync(path, `${sources.join("\n")}\nbuild { sources = [${names}] }\n`);
  return path;
}

async function open(builds: readonly string[], settings: BuildSettings & { readonly onlyBuild?: string }) {
  await using opened = await openBake({ template: templateOf(builds), env, ...settings });
  return opened.names.length;
}

const SKIPS = "skip_unchanged = true";

describe("openBake() with a greatest age", () => {
  it.each<[string, readonly string[], BuildSettings]>([
    ["nobody wants to skip", [""], {}],
    ["the template's wish is overridden", [SKIPS], { skipUnchanged: false }],
    ["none of several builds may be skipped", ["", "skip_unchanged = false"], {}],
  ])("refuses it where %s", async (_, builds, settings) => {
    const opening = open(builds, { ...settings, maxAge: "30d" });
    await expect(opening).rejects.toThrow(UsageError);
    await expect(opening).rejects.toThrow("-max-age (maxAge) has no effect");
  });

  it.each<[string, readonly string[], BuildSettings]>([
    ["the template skips", [SKIPS], {}],
    ["the caller skips", [""], { skipUnchanged: true }],
    ["one of several builds may be skipped", ["", SKIPS], {}],
  ])("takes it where %s", async (_, builds, settings) => {
    expect(await open(builds, { ...settings, maxAge: "30d" })).toBe(builds.length);
  });

  it("takes it on a machine that does one of several builds: the others may be skipped", async () => {
    expect(await open(["", SKIPS], { maxAge: "30d", onlyBuild: "outscale-chroot.b0" })).toBe(1);
  });
});
