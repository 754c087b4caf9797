import { describe, expect, it } from "vitest";
import { evaluateExpression } from "../../../tests/support/hcl/evaluate-expression.ts";
import { loadText, MINIMAL, problemsOf } from "../../../tests/support/template/load-text.ts";

/** A text, each level of which is ten times the one before by its aliases: the last one is to be `x` 10^levels times. */
function aliases(levels: number): string {
  const ten = (item: string) => `[${Array(10).fill(item).join(",")}]`;
  const lines = Array.from(
    { length: levels },
    (_, level) => `a${level}: &a${level} ${ten(level ? `*a${level - 1}` : "x")}`,
  );
  return `{ ${lines.join(", ")} }`;
}

/** Locals, each of which has the one before twice. */
function doubled(levels: number): string {
  const lines = Array.from({ length: levels }, (_, level) => `a${level + 1} = [local.a${level}, local.a${level}]`);
  return `locals {\na0 = "x"\n${lines.join("\n")}\n}\n${MINIMAL}`;
}

const problem = (expression: string) => {
  const result = evaluateExpression(expression);
  return typeof result === "string" ? result : "none";
};

describe("a small text that stands for a value of many parts", () => {
  it.each([
    `yamldecode("${aliases(9)}")`,
    `yamldecode("${aliases(300)}")`,
    `jsonencode(yamldecode("${aliases(9)}"))`,
    `yamldecode("${aliases(9)}").a8`,
    `[for x in yamldecode("${aliases(9)}").a8 : x]`,
    `yamldecode("${aliases(9)}") == yamldecode("${aliases(9)}")`,
    "setproduct(range(1024), range(1024), range(1024))",
    "setproduct(range(1024), range(1024))",
    "setproduct([for s in setproduct(range(500), range(500)) : s], range(500))",
  ])("is refused (%#)", (expression) => {
    expect(problem(expression)).toMatch(/too large|more than \d+/);
  });

  it("is refused where locals make it", async () => {
    const problems = await problemsOf(doubled(60));
    expect(problems.length).toBeGreaterThan(0);
    expect(new Set(problems.map((text) => text.replace(/^\d+: /, "")))).toEqual(
      new Set(["Expression cannot be evaluated"]),
    );
    expect((await loadText(doubled(15))).builds).toHaveLength(1);
  });

  it("is what it is up to there", () => {
    expect(problem(`length(yamldecode("${aliases(5)}").a4)`)).toBe("none");
    expect(problem("setproduct(range(200), range(200))")).toBe("none");
    expect(problem(`jsondecode("[${"1,".repeat(100_000)}1]")`)).toBe("none");
    expect(problem(`length(distinct(concat(jsondecode("[${"1,".repeat(50_000)}true]"), ["a"])))`)).toBe("none");
  });

  it("does not count against others that are used beside it", async () => {
    const text = Array.from({ length: 30 }, (_, index) => `b${index} = yamldecode("${aliases(5)}")`).join("\n");
    const uses = 'source "null" "a" { x = local.b0.a0 }\nbuild { sources = ["null.a"] }';
    expect((await loadText(`locals {\n${text}\n}\n${uses}`)).builds).toHaveLength(1);
  });
});

describe("a small text that stands for a number of many digits", () => {
  it.each(["1e-500000", "1e500000", "-1e-20000", "1e9000 * 1e9000", `parseint("${"f".repeat(20_000)}", 16)`])(
    "is refused (%#)",
    (expression) => {
      expect(problem(expression)).toMatch(/too large or too close to zero/);
    },
  );

  it("is no long message", () => {
    expect(problem("signum(1e-5000)").length).toBeLessThan(200);
    expect(problem("range(0, 1e-5000 + 1, 1)").length).toBeLessThan(200);
    expect(problem('substr("a", 1e-5000, 1)').length).toBeLessThan(200);
    expect(problem("[1][1e-5000]").length).toBeLessThan(200);
    expect(problem("chunklist([1], 1e-5000)").length).toBeLessThan(200);
    expect(problem('format("%d", 1e-5000)').length).toBeLessThan(200);
    expect(problem('cidrhost("10.0.0.0/8", 1e-5000)').length).toBeLessThan(200);
  });
});
