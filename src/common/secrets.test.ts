import { describe, expect, it } from "vitest";
import { shellQuote } from "../host/shell-quote.ts";
import { Secrets } from "./secrets.ts";

describe("Secrets.mask()", () => {
  const value = 'it\'s a "p@ss\\word", 100 % ';
  const forms: readonly (readonly [where: string, text: string])[] = [
    ["itself", value],
    ["a line without the blanks at its end", `password: ${value}`.trimEnd()],
    ["JSON", JSON.stringify({ value })],
    ["a quoted command line", shellQuote(["echo", value])],
    ["a command line that is quoted as Packer does it", `TOKEN='${value.replaceAll("'", `'"'"'`)}' /tmp/script.sh`],
    ["a line that is quoted once more", shellQuote(["sh", "-c", `TOKEN='${value.replaceAll("'", `'"'"'`)}' /tmp/x`])],
    ["a quoted line that is quoted once more", shellQuote(["sh", "-c", shellQuote(["echo", value])])],
    ["a URL", `https://user:${encodeURIComponent(value)}@proxy.invalid/`],
  ];

  it.each(forms)("finds a secret in %s", (_, text) => {
    const secrets = new Secrets();
    secrets.add(value);
    expect(secrets.mask(text)).toContain("<sensitive>");
    expect(secrets.mask(text)).not.toMatch(/p(@|%40)ss/);
  });

  it("finds each line of a secret, whatever ends it", () => {
    const secrets = new Secrets();
    secrets.add("first line\r\nsecond line\n");
    expect(secrets.mask("1: first line\n2: second line")).toBe("1: <sensitive>\n2: <sensitive>");
  });

  it("takes the longest of several, and none that is too short to be one", () => {
    const secrets = new Secrets();
    for (const each of ["abc", "", null, undefined, "secret", "secret-and-more", "\ud800lone"]) secrets.add(each);
    expect(secrets.mask("abc secret-and-more secret")).toBe("abc <sensitive> <sensitive>");
  });
});
