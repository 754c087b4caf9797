import { compilePathGlob, type Glob } from "../../common/glob.ts";
import { type PolicyRule, policyRules } from "../../common/policy-rules.ts";
import type { PolicyFinding } from "./finding.ts";

interface Allowance {
  readonly rule: PolicyRule;
  readonly path: Pick<Glob, "test">;
}

const everyPath = { test: () => true };
const noPath = { test: () => false };

/** What `allow` lets pass: `RULE`, or `RULE:PATH` with a pattern such as `/etc/ssl/**`. */
export class AllowList {
  readonly #allowances: readonly Allowance[];

  /** @param entries Those that a check of the options has let pass */
  constructor(entries: readonly string[]) {
    this.#allowances = entries.flatMap((entry) => {
      const [name = "", ...rest] = entry.split(":");
      const rule = policyRules.find((each) => each === name);
      if (rule === undefined) return [];
      const pattern = rest.join(":");
      return { rule, path: pattern === "" ? everyPath : (compilePathGlob(pattern) ?? noPath) };
    });
  }

  allows({ rule, path }: PolicyFinding): boolean {
    return this.#allowances.some((each) => each.rule === rule && each.path.test(path));
  }
}
