import { describe, expect, it } from "vitest";
import { loadText, MINIMAL, problemsOf } from "../../../tests/support/template/load-text.ts";

async function locals(text: string, names: readonly string[]) {
  const options = names.map((name) => `${name} = local.${name}`).join("\n");
  const { builds } = await loadText(`${text}\n${MINIMAL.replace("{}", `{\n${options}\n}`)}`);
  return builds[0]?.config;
}

describe("locals", () => {
  it("are evaluated in the order of their references, wherever they stand", async () => {
    const text = `
      locals {
        c = "\${local.b}!"
        list = [local.a, local.d["x"]]
      }
      local "b" { expression = upper(local.a) }
      locals { a = var.v }
      local "d" {
        expression = { x = local.c }
        sensitive  = true
      }
      variable "v" { default = "hi" }`;
    expect(await locals(text, ["a", "b", "c", "d", "list"])).toEqual({
      a: "hi",
      b: "HI",
      c: "HI!",
      d: { x: "HI!" },
      list: ["hi", "HI!"],
    });
  });

  it("may be chained further than any stack is deep", async () => {
    const chain = Array.from({ length: 3000 }, (_, index) => `l${index} = local.l${index + 1}`).join("\n");
    expect(await locals(`locals {\n${chain}\nl3000 = 5\n}`, ["l0"])).toEqual({ l0: 5 });
  });

  it("may not grow without end", async () => {
    const doubling = Array.from(
      { length: 60 },
      (_, index) => `l${index + 1} = "\${local.l${index}}\${local.l${index}}"`,
    ).join("\n");
    expect(await problemsOf(`locals {\nl0 = "ha"\n${doubling}\n}\n${MINIMAL}`)).toEqual([
      expect.stringContaining("Expression cannot be evaluated"),
    ]);
    const nesting = Array.from({ length: 900 }, (_, index) => `l${index + 1} = [local.l${index}]`).join("\n");
    expect(await problemsOf(`locals {\nl0 = 1\n${nesting}\n}\n${MINIMAL}`)).toEqual([
      expect.stringContaining("Expression cannot be evaluated"),
    ]);
  });

  it.each<[string, string[]]>([
    ["locals {\na = local.b\nb = local.a\n}", ["2: Circular reference"]],
    ["locals {\na = local.a\n}", ["2: Circular reference"]],
    ['locals {\na = local["b"]\nb = [local.c]\nc = local.a\nd = local.a\n}', ["2: Circular reference"]],
    ["locals {\na = 1\n}\nlocals {\na = 2\n}", ["5: Duplicate local definition"]],
    ['local "a" { expression = 1 }\nlocals { a = 1 }', ["2: Duplicate local definition"]],
    ['local "a" {}', ["1: Missing required argument"]],
    ['local "1" { expression = 1 }', ["1: Invalid local name"]],
    ["locals {\na {}\n}", ['2: Unexpected "a" block']],
    ["locals {\nab = local.ac\n}", ["2: Undeclared local value"]],
    ["locals {\na = missing\nb = local.a\nc = local.b + 1\n}", ["2: Unknown variable"]],
  ])("refuse %j", async (text, problems) => {
    expect(await problemsOf(`${text}\n${MINIMAL}`)).toEqual(problems);
  });
});
