import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { configurationPage } from "../../scripts/configuration-page.ts";
import { optionReference } from "./option-reference.ts";
import { optionNames } from "./schema.ts";

const entries = optionReference.flatMap((group) => group.options);

describe("optionReference", () => {
  it("has every option of the schema once", () => {
    expect(entries.map((entry) => entry.name).sort()).toEqual([...optionNames].sort());
  });

  it("shows defaults as they would be written", () => {
    const byName = new Map(entries.map((entry) => [entry.name, entry]));
    expect(byName.get("command_wrapper")?.default).toBe('`"{{.Command}}"`');
    expect(byName.get("timeouts")?.options.map((inner) => [inner.name, inner.default])).toEqual([
      ["lock", '`"30m"`'],
      ["volume", '`"10m"`'],
      ["link", '`"5m"`'],
      ["snapshot", '`"6h"`'],
      ["image", '`"40m"`'],
      ["copy", '`"2h"`'],
    ]);
    expect(byName.get("tags")?.default).toBeUndefined();
  });
});

describe("docs/configuration.md", () => {
  it("is what `npm run docs` makes of the schema", () => {
    expect(readFileSync("docs/configuration.md", "utf8")).toBe(configurationPage());
  });
});
