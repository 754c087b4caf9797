import { describe, expect, it } from "vitest";
import { compareKeys, pageOf } from "./page-of.ts";

const rowsOf = (...keys: readonly string[]) => keys.map((key) => ({ key }));
const asked = { prefix: "", delimiter: "", most: 1_000, after: "" };
const namesOf = ({ rows, common }: ReturnType<typeof pageOf<{ readonly key: string }>>) => [
  ...rows.map(({ key }) => key),
  ...common.map((name) => `(${name})`),
];

describe("compareKeys()", () => {
  it("orders by the bytes of UTF-8", () => {
    const keys = ["", "a", "a\u0000", "aa", "b", "\u007f", "\u0080", "\u07ff", "\ud7ff", "\ue000", "\uffee", "\uffff"];
    keys.push("\u{10000}", "\u{10000}a", "\u{1f600}", "\u{1f600}\uffff", "\u{1f600}\u{1f600}", "\u{10ffff}");
    for (const one of keys) {
      for (const other of keys) {
        const expected = Buffer.compare(Buffer.from(one), Buffer.from(other));
        expect([one, other, Math.sign(compareKeys(one, other))]).toEqual([one, other, expected]);
      }
    }
  });
});

describe("pageOf()", () => {
  it.each<[string, Partial<typeof asked>, readonly string[]]>([
    ["everything in order", {}, ["a", "p", "p/1", "p/2", "q/1", "r"]],
    ["what has a prefix", { prefix: "p/" }, ["p/1", "p/2"]],
    ["what comes after a key", { after: "p/1" }, ["p/2", "q/1", "r"]],
    ["what comes after a key that there is not", { after: "p/11" }, ["p/2", "q/1", "r"]],
    ["what is common", { delimiter: "/" }, ["a", "p", "r", "(p/)", "(q/)"]],
    ["what is common after a key in front of it", { delimiter: "/", after: "p" }, ["r", "(p/)", "(q/)"]],
    // S3: "CommonPrefixes is filtered out from results if it is not lexicographically greater than the StartAfter value".
    ["nothing common that is not after the key", { delimiter: "/", after: "p/1" }, ["r", "(q/)"]],
    ["what comes after what is common", { delimiter: "/", after: "p/" }, ["r", "(q/)"]],
    ["what is behind a prefix", { delimiter: "/", prefix: "p/" }, ["p/1", "p/2"]],
    ["nothing", { most: 0 }, []],
  ])("shows %s", (_what, given, names) => {
    const rows = rowsOf("r", "q/1", "p/2", "p", "a", "p/1");
    expect(namesOf(pageOf(rows, { ...asked, ...given }))).toEqual(names);
  });

  it.each([1, 2, 3, 7, 1_000])("shows all of it once, %i at a time", (most) => {
    const rows = rowsOf(
      ...Array.from({ length: 200 }, (_, index) => `${(index * 7919) % 200}`.replace(/^1(\d)/, "$1/")),
    );
    for (const delimiter of ["", "/"]) {
      const whole = namesOf(pageOf(rows, { ...asked, delimiter }));
      const seen: string[] = [];
      let after: string | undefined = "";
      while (after !== undefined) {
        const page: ReturnType<typeof pageOf<{ readonly key: string }>> = pageOf(rows, {
          ...asked,
          delimiter,
          most,
          after,
        });
        expect(page.rows.length + page.common.length).toBeLessThanOrEqual(most);
        seen.push(...namesOf(page));
        after = page.next;
      }
      expect(seen.sort()).toEqual([...whole].sort());
      expect(new Set(seen).size).toBe(seen.length);
    }
  });

  it("asks little of many rows", () => {
    let comparisons = 0;
    const rows = Array.from({ length: 50_000 }, (_, index) => ({ key: `${(index * 7919) % 50_000}` }));
    const order = (one: string, other: string) => {
      comparisons += 1;
      return compareKeys(one, other);
    };
    expect(pageOf(rows, asked, order).rows).toHaveLength(1_000);
    expect(comparisons).toBeLessThan(rows.length * 4);
  });
});
