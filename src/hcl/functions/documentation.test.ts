import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { evaluateExpression } from "../../../tests/support/hcl/evaluate-expression.ts";
import { typeName } from "../values/type.ts";
import { packerFunctions } from "./functions.ts";
import { toJson } from "./json.ts";

const page = fs.readFileSync(new URL("../../../docs/functions.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/`([^`]+)` = `([^`]+)`/g)].map(
  ([, call = "", result = ""]) => [call, result] as const,
);

function plain(expression: string): string {
  const result = evaluateExpression(expression);
  if (typeof result === "string") throw new Error(result);
  return result.isWhollyKnown ? toJson(result) : typeName(result.type);
}

describe("docs/functions.md", () => {
  it("names every function", () => {
    const functions = packerFunctions({ baseFolder: "/", renderTemplate: () => unreachable() });
    const missing = [...functions.keys()].filter((name) => !new RegExp(`\`${name}[(\`]`).test(page));
    expect(missing).toEqual([]);
  });

  it("has examples for most of them", () => {
    expect(examples.length).toBeGreaterThan(60);
  });

  it.each(examples)("%s = %s", (call, result) => {
    expect(plain(call)).toBe(plain(result));
  });
});

function unreachable(): never {
  throw new Error("No template is rendered here");
}
