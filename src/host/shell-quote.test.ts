import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { quoteWord, shellQuote } from "./shell-quote.ts";

test.each([
  ["/usr/bin/mount", "/usr/bin/mount"],
  ["a=b,c:d@e%f+g", "a=b,c:d@e%f+g"],
  ["", "''"],
  ["two words", "'two words'"],
  ["it's", "'it'\\''s'"],
  ["$HOME", "'$HOME'"],
])("quoteWord(%j) is %j", (word, quoted) => {
  expect(quoteWord(word)).toBe(quoted);
});

test("shellQuote() quotes a first word that a shell would take for an assignment, and no later one", () => {
  expect(shellQuote(["A=1", "B=2"])).toBe("'A=1' B=2");
});

const NASTY = [
  "",
  " ",
  "'",
  '"',
  "`touch x`",
  "$(touch x)",
  "$HOME",
  "$$",
  "a\nb",
  "\\",
  "\\n",
  "*",
  "?",
  "[a-z]",
  "~",
  "#",
  "!x",
  "!!",
  "a;b",
  "a|b",
  "a&b",
  "a>b",
  "<b",
  "(x)",
  "{a,b}",
  "-n",
  "--",
  "-e",
  "é",
  "日本語",
  "🙂",
  "\t",
  "\r\n",
  "'\\''",
  "''",
  '"$x"',
  "a'b\"c`d$e\\f",
  "\u0001",
  "\u007f",
  "%s",
  "=",
  "a=b",
  "x=$(id)",
  ". ",
  "\u00a0",
  "\ufeff",
];

test("shellQuote() keeps every nasty word what it is, through a real shell", () => {
  const line = shellQuote([
    process.execPath,
    "-e",
    "process.stdout.write(JSON.stringify(process.argv.slice(1)))",
    "--",
    ...NASTY,
  ]);
  expect(JSON.parse(execFileSync("/bin/sh", ["-c", line], { encoding: "utf8" }))).toEqual(NASTY);
});
