import { describe, expect, it } from "vitest";
import { toLower, toTitle, toUpper } from "./letter-case.ts";

describe("toUpper(), toLower() and toTitle()", () => {
  it.each([
    ["straße", "STRAßE", "straße", "Straße"],
    ["ǆ ǅ Ǆ", "Ǆ Ǆ Ǆ", "ǆ ǆ ǆ", "ǅ ǅ ǅ"],
    ["ΑΣ", "ΑΣ", "ασ", "ΑΣ"],
    ["İıI", "İII", "iıi", "İıI"],
    ["ᾳ ᾼ", "ᾼ ᾼ", "ᾳ ᾳ", "ᾼ ᾼ"],
    ["ნinﬀ", "ᲜINﬀ", "ნinﬀ", "ნinﬀ"],
    ["hello wOrld-foo_bar 1a é", "HELLO WORLD-FOO_BAR 1A É", "hello world-foo_bar 1a é", "Hello WOrld-Foo_bar 1a É"],
    ["\u00a0a\u2003b\u200bc", "\u00a0A\u2003B\u200bC", "\u00a0a\u2003b\u200bc", "\u00a0A\u2003B\u200bc"],
    ["", "", "", ""],
  ])("%s", (text, upper, lower, title) => {
    expect([toUpper(text), toLower(text), toTitle(text)]).toEqual([upper, lower, title]);
  });
});
