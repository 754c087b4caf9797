import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { typesOfGo } from "../tests/support/packer-plugin/go-types.ts";
import * as library from "./index.ts";

const exported: Readonly<Record<string, unknown>> = { ...library };
const page = readFileSync(new URL("../docs/go-api.md", import.meta.url), "utf8");
const rows = page.split("\n").flatMap((line) => {
  const cells = /^\| `(\w[\w.]*)` \| `(\w+)` \|/.exec(line);
  return cells ? [{ go: cells[1] ?? "", ours: cells[2] ?? "" }] : [];
});
const symbols = rows.slice(
  0,
  rows.findIndex(({ go }) => go === "volume_id"),
);

describe("docs/go-api.md", () => {
  it.each(symbols)("$go is exported as $ours", ({ ours }) => {
    // The types are seen by the compiler alone: the test of the package has it look.
    if (!typesOfGo.includes(ours)) expect(library).toHaveProperty(ours);
  });

  it.each(symbols.filter(({ go }) => go.includes(".")))("$go is a method there", ({ go, ours }) => {
    const method = go.split(".")[1] ?? "";
    const owner = exported[ours];
    const methods = typeof owner === "function" ? Object.getOwnPropertyNames(owner.prototype) : [];
    expect(methods).toContain(`${method[0]?.toLowerCase()}${method.slice(1)}`);
  });

  it("names every step that the library exports", () => {
    const steps = Object.keys(library).filter((name) => name.startsWith("Step"));
    expect(steps.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
    for (const name of steps) expect(exported[name]).toHaveProperty("stepName", name);
  });

  it("has the builder's id", () => {
    expect(library.BuilderId).toBe("oapi.outscale.chroot");
    expect(page).toContain(library.BuilderId);
  });
});

describe("errors", () => {
  /** Every class of ours that has a code, but for those of the other doors, which no program meets. */
  const classes = readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((name) => /(?<!\.test)\.ts$/.test(name) && !/^(cli|packer-plugin)\//.test(name))
    .flatMap((name) => [
      ...readFileSync(join("src", name), "utf8").matchAll(/class (\w+) extends \w+ \{\s+override readonly code/g),
    ])
    .map(([, name = ""]) => name);

  it.each(classes)("%s can be caught by its class", (name) => {
    const error = exported[name];
    expect(error).toBeTypeOf("function");
    expect(Object.create((error as { prototype: object }).prototype)).toBeInstanceOf(library.ChrootError);
  });

  it("are all found", () => {
    expect(classes).toEqual(expect.arrayContaining(["ApiError", "ConfigError", "LocalCloudError", "TemplateError"]));
  });
});
