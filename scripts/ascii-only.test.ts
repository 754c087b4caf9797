import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { escaped } from "./ascii-only.js";

it.each([
  '"caf\u00e9 \u{1f600}"',
  "`${1}\u2026`",
  "/^[\u00e0-\u00ff\u2026]$/.test('\u00e9')",
  "/^[\u{1f600}-\u{1f64f}]$/u.test('\u{1f601}')",
  "(() => { const \u00e9t\u00e9 = 7; return \u00e9t\u00e9; })()",
])("escaped() means the same: %s", (code) => {
  expect(escaped(code)).toMatch(/^[\0-\x7f]+$/);
  expect(runInNewContext(escaped(code))).toEqual(runInNewContext(code));
});

it("escaped() refuses what it would change", () => {
  expect(() => escaped("String.raw`\u00e9`")).toThrow("String.raw");
});
