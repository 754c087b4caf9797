import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as library from "./index.ts";

const exported: Readonly<Record<string, unknown>> = { ...library };
const page = readFileSync(new URL("../docs/go-api.md", import.meta.url), "utf8");
const source = readFileSync(new URL("./index.ts", import.meta.url), "utf8");
const rows = page.split("\n").flatMap((line) => {
  const cells = /^\| `(\w[\w.]*)` \| `(\w+)` \|/.exec(line);
  return cells ? [{ go: cells[1] ?? "", ours: cells[2] ?? "" }] : [];
});
const symbols = rows.slice(
  0,
  rows.findIndex(({ go }) => go === "volume_id"),
);
/** Only in the types: erased before the test runs. */
const types = ["Config", "FlatConfig", "Cleanup", "CommandWrapper"];

describe("docs/go-api.md", () => {
  it.each(symbols)("$go is exported as $ours", ({ ours }) => {
    if (types.includes(ours)) expect(source).toMatch(new RegExp(`type[^;]*\\b${ours}\\b`));
    else expect(library).toHaveProperty(ours);
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
