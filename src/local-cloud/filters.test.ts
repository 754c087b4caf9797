import { describe, expect, it } from "vitest";
import { applyFilters, checkIdForm, type FilterRules, tagFilters, wildcard } from "./filters.ts";

interface Item {
  readonly id: string;
  readonly name: string;
  readonly CreationDate: string;
  readonly links: readonly { readonly vm: string }[];
  readonly Tags: readonly { readonly Key: string; readonly Value: string }[];
}
type Keys = "Ids" | "ImageNames" | "Vms" | "From" | "To" | "TagKeys" | "TagValues" | "Tags";

const rules: FilterRules<Keys, Item> = {
  Ids: "id",
  ImageNames: "name",
  Vms: "links.vm",
  From: { bound: "from" },
  To: { bound: "to" },
  ...tagFilters,
};
const item = (id: string, rest: Partial<Item> = {}): Item => ({
  ...{ id, name: id, CreationDate: "2026-01-01T00:00:00.000Z", links: [], Tags: [] },
  ...rest,
});
const items = [
  item("a", { name: "Debian-12-2026", links: [{ vm: "i-1" }, { vm: "i-2" }] }),
  item("b", { name: "Debian.12-2026", CreationDate: "2026-02-01T00:00:00.000Z" }),
  item("c", {
    Tags: [
      { Key: "k", Value: "v" },
      { Key: "x", Value: "y" },
    ],
  }),
];

describe("applyFilters()", () => {
  it.each<[string, Partial<Record<Keys, unknown>>, string]>([
    ["nothing", {}, "abc"],
    ["an undefined filter", { Ids: undefined }, "abc"],
    ["an empty list, which nothing can pass", { Ids: [] }, ""],
    ["or inside a list", { Ids: ["a", "b", "z"] }, "ab"],
    ["and between filters", { Ids: ["a", "b"], ImageNames: ["Debian-12-2026"] }, "a"],
    ["a path through a list", { Vms: ["i-2"] }, "a"],
    ["* in names, with . as itself", { ImageNames: ["Debian.12-*"] }, "b"],
    ["* at both ends", { ImageNames: ["*12*"] }, "ab"],
    ["no * in ids", { Ids: ["*"] }, ""],
    ["a date to begin with", { From: "2026-01-15" }, "b"],
    ["a date to end with, inclusive", { To: "2026-01-01T00:00:00.000Z" }, "ac"],
    ["KEY=VALUE", { Tags: ["k=v"] }, "c"],
    ["KEY=VALUE of two tags mixed up", { Tags: ["k=y"] }, ""],
    ["key and value apart", { TagKeys: ["k"], TagValues: ["y"] }, "c"],
  ])("takes %s", (_, filters, expected) => {
    expect(
      applyFilters(items, filters, rules)
        .map(({ id }) => id)
        .join(""),
    ).toBe(expected);
  });
});

describe("wildcard()", () => {
  it.each([
    ["abc", "abc", true],
    ["abc", "abcd", false],
    ["", "", true],
    ["*", "", true],
    ["**", "a", true],
    ["a*", "ba", false],
    ["*a", "ab", false],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-c-b", false],
    ["*ab*ab*", "abab", true],
    ["*ab*ab*", "aba", false],
    ["*.*", "a.b", true],
    ["a*b", "a\nb", true],
  ])("%s on %s: %s", (pattern, text, expected) => {
    expect(wildcard(pattern)(text)).toBe(expected);
  });

  it("is over at once where every way to share the text out among the stars would take for ever", () => {
    expect(wildcard(`${"*a".repeat(60)}b`)("a".repeat(128))).toBe(false);
    expect(wildcard(`${"*a".repeat(2_000)}b`)("a".repeat(4_096))).toBe(false);
  });

  it("is not taken in any number", () => {
    const ImageNames = Array.from({ length: 101 }, (_, number) => `*${number}`);
    const many = () => applyFilters(items, { ImageNames }, rules);
    expect(many).toThrow(expect.objectContaining({ refusal: "bad-parameter" }));
  });
});

describe("checkIdForm()", () => {
  it.each([
    ["vol-1234abcd", "fine"],
    ["snap-1234abcd", "bad-id-prefix"],
    ["vol-1234", "bad-id"],
    ["vol-1234ABCD", "bad-id"],
  ])("finds %s %s", (id, expected) => {
    const check = () => checkIdForm("vol-", id);
    if (expected === "fine") expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ refusal: expected }));
  });
});
