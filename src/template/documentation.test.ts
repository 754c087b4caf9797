import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { type Files, loadText } from "../../tests/support/template/load-text.ts";
import { hclShapes } from "../config/hcl-shape.ts";
import { TemplateError } from "../hcl/source/diagnostic.ts";
import { printDiagnostic } from "../hcl/source/print-diagnostic.ts";

const page = await readFile(new URL("../../docs/templates.md", import.meta.url), "utf8");
const END = 'source "outscale-chroot" "end" {}\nbuild { sources = ["source.outscale-chroot.end"] }\n';

function examples(language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, text = ""]) => text);
}

function load(files: Files) {
  return loadText(files, { shapeOf: (kind) => (kind === "source" ? hclShapes : {}) });
}

describe("docs/templates.md", () => {
  it.each(examples("hcl"))("has an example that loads: %s", async (text) => {
    const { builds } = await load(text.includes("build {") ? text : text + END);
    expect(builds.length).toBeGreaterThan(0);
  });

  it("has an example in JSON", async () => {
    const [text = ""] = examples("json");
    const { builds } = await load({ "example.pkr.json": text });
    expect(builds[0]?.config).toEqual({ omi_name: "WEB", from_scratch: true });
    expect(builds[0]?.provisioners.map(({ type }) => type)).toEqual(["shell", "sleep"]);
  });

  it("names the builds of its fleet, and what they are given", async () => {
    const fleet = examples("hcl").find((text) => text.includes('name = "fleet"')) ?? "";
    const { builds } = await load(fleet);
    expect(builds.map(({ name }) => name)).toEqual(["fleet.outscale-chroot.small", "fleet.outscale-chroot.large"]);
    expect(builds[0]?.config.tag).toEqual([
      { key: "role", value: "WEB" },
      { key: "team", value: "INFRA" },
    ]);
    expect(
      builds.map(({ provisioners }) => provisioners.map(({ evaluate }) => evaluate({ Device: "/dev/x" }))),
    ).toEqual([
      [{ inline: ["echo this is small of fleet, on /dev/x"] }, { duration: "1s" }],
      [{ inline: ["echo something else"] }],
    ]);
  });

  it("shows a problem as it is printed", async () => {
    const lines = [
      'variable "region" { default = "a" }',
      "",
      "",
      'source "outscale-chroot" "a" {',
      '  omi_name = "a"',
      "  region   = var.regoin",
      "}",
    ];
    const text = `${lines.join("\n")}\nbuild { sources = ["source.outscale-chroot.a"] }\n`;
    const error = await load({ "web.pkr.hcl": text }).catch((reason: unknown) => reason);
    if (!(error instanceof TemplateError)) throw error;
    const printed = error.diagnostics.map((item) => printDiagnostic(item)).join("\n");
    expect(printed.replace(/on .*\/web/, "on web")).toBe(examples("text")[0]);
  });
});
