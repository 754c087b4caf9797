import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordingIo } from "../../../tests/support/terminal/recording-io.ts";
import { makeKeyText } from "../../fleet/seal/fleet-key.ts";
import { build } from "./build.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "build-detach-"));
  writeFileSync(join(folder, "fleet.key"), makeKeyText(), { mode: 0o600 });
  writeFileSync(join(folder, "bad.pkr.hcl"), "source {");
  writeFileSync(
    join(folder, "good.pkr.hcl"),
    `source "outscale-chroot" "web" {
      region     = "eu-west-2"
      source_omi = "ami-12345678"
      omi_name   = "web"
    }
    build { sources = ["outscale-chroot.web"] }`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A submission that is waited for by nobody, to a queue that is not there. */
async function submit(template: string, ...flags: readonly string[]) {
  const io = recordingIo();
  const queue = ["-queue", `unix:${join(folder, "no.sock")}`, "-key", join(folder, "fleet.key")];
  const argv = [...queue, "-detach", ...flags, join(folder, template)];
  const error: unknown = await build.run({ argv, io, runPlugin: async () => 0 }).catch((thrown: unknown) => thrown);
  return { error, ...io.written };
}

describe("build -detach", () => {
  it.each([
    ["a template that is wrong", "bad.pkr.hcl", "E_TEMPLATE"],
    ["a template that is not there", "none.pkr.hcl", "E_TEMPLATE"],
    ["a queue that is not there", "good.pkr.hcl", "E_FLEET"],
  ])("tells a program of %s by a line, as build -json does", async (_, template, code) => {
    const { error, stdout } = await submit(template, "-json");
    expect(error).toMatchObject({ code });
    expect(JSON.parse(stdout)).toMatchObject({ type: "refused", error: { code } });
  });

  it("tells a person on standard error alone", async () => {
    expect(await submit("bad.pkr.hcl")).toMatchObject({ error: { code: "E_TEMPLATE" }, stdout: "" });
  });

  it.each([
    ...["-machine-readable", "-timing", "-progress", "-timestamp-ui"].map((flag) => [flag]),
    ...["-result", "-report", "-sbom", "-diff", "-provenance"].map((flag) => [flag, "out"]),
  ])("refuses %s, which is for who waits", async (...flags) => {
    const { error } = await submit("good.pkr.hcl", ...flags);
    expect(error).toMatchObject({ code: "E_USAGE", message: expect.stringContaining(`${flags[0]} is for`) });
  });

  it.each(["-no-progress", "-timing=false", "-color=false"])("takes %s, which asks for nothing", async (flag) => {
    expect((await submit("good.pkr.hcl", flag)).error).toMatchObject({ code: "E_FLEET" });
  });
});
