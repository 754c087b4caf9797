import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ExitCode } from "./errors.ts";

const page = readFileSync("docs/exit-codes.md", "utf8");
const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) =>
  /(?<!\.test)\.ts$/.test(name),
);
const errorCodes = sources.flatMap(
  (name) => readFileSync(join("src", name), "utf8").match(/(?<=readonly code(: string)? = ")E_\w+/g) ?? [],
);

describe("docs/exit-codes.md", () => {
  it.each(Object.entries(ExitCode))("has %s", (_, code) => {
    expect(page).toMatch(new RegExp(`^\\| ${code} +\\|`, "m"));
  });

  it.each([...new Set(errorCodes)].sort())("has %s", (code) => {
    expect(page).toContain(`\`${code}\``);
  });
});
