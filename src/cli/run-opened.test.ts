import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { recordingIo } from "../../tests/support/terminal/recording-io.ts";
import { openBake } from "../bake/open-bake.ts";
import { runOpened } from "./run-opened.ts";

const TEXT = `
source "outscale-chroot" "a" {
  region     = "eu-west-2"
  source_omi = "ami-12345678"
  omi_name   = "digests"
}
build { sources = ["outscale-chroot.a"] }
`;
const flags = { json: undefined, "machine-readable": undefined, color: undefined, "timestamp-ui": undefined };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "opened-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it.each<[string, (template: string) => void]>([
  ["nobody touches", () => undefined],
  ["is edited while its builds run", (template) => writeFileSync(template, "of the next run")],
  ["is gone when its builds have ended", (template) => rmSync(template)],
])("runOpened() writes the digest of the template that was read, also of one that %s", async (_, meanwhile) => {
  const [template, result] = [join(folder, "t.pkr.hcl"), join(folder, "result.json")];
  writeFileSync(template, TEXT);
  const opened = await openBake({ template, env: { OSC_ACCESS_KEY: "AK", OSC_SECRET_KEY: "SKOPENEDTEST" } });
  const run = async () => {
    meanwhile(template);
    return [];
  };
  const io = recordingIo();
  const input = { flags: { ...flags, progress: false, result }, io, parallel: 0 };
  expect(await runOpened(Promise.resolve({ ...opened, run }), input)).toBe(0);
  const { templateFiles } = JSON.parse(readFileSync(result, "utf8"));
  expect(templateFiles).toEqual({ [template]: createHash("sha256").update(TEXT).digest("hex") });
});
