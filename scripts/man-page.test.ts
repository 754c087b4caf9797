import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { commands } from "../src/cli/commands.ts";
import { manPage } from "./man-page.ts";

const page = () => manPage({ version: "1.2.3", exitCodes: readFileSync("docs/exit-codes.md", "utf8") });

describe("manPage()", () => {
  it("has every command, flag and exit code", async () => {
    const roff = await page();
    for (const { load } of Object.values(commands)) {
      const { usage, flags } = await load();
      expect(roff).toContain(`.SS "${usage.replaceAll("-", "\\-")}"`);
      for (const name of Object.keys(flags)) expect(roff).toContain(`.B "\\-${name.replaceAll("-", "\\-")}`);
    }
    expect(roff).toContain('.B "130"');
  });
});
