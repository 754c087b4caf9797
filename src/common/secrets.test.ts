import { describe, expect, it } from "vitest";
import { quoteString } from "../hcl/values/print-value.ts";
import { shellQuote } from "../host/shell-quote.ts";
import { Secrets } from "./secrets.ts";

describe("Secrets.mask()", () => {
  const value = 'it\'s a "p@ss\\word" & <more>, 100 % ';
  const forms: readonly (readonly [where: string, text: string])[] = [
    ["itself", value],
    ["a line without the blanks at its end", `password: ${value}`.trimEnd()],
    ["JSON", JSON.stringify({ value })],
    ["a quoted command line", shellQuote(["echo", value])],
    ["a command line that is quoted as Packer does it", `TOKEN='${value.replaceAll("'", `'"'"'`)}' /tmp/script.sh`],
    ["a line that is quoted once more", shellQuote(["sh", "-c", `TOKEN='${value.replaceAll("'", `'"'"'`)}' /tmp/x`])],
    ["a quoted line that is quoted once more", shellQuote(["sh", "-c", shellQuote(["echo", value])])],
    ["a URL", `https://user:${encodeURIComponent(value)}@proxy.invalid/`],
    ["a form", new URLSearchParams({ value }).toString()],
    ["HCL", quoteString(value)],
    [
      "JSON as Packer writes it",
      JSON.stringify({ value }).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
    ],
    ["base64", Buffer.from(value).toString("base64")],
    ["base64 of `echo`", Buffer.from(`${value}\n`).toString("base64")],
    ["base64 without padding, for a URL", Buffer.from(value).toString("base64url")],
    ["hexadecimal digits", Buffer.from(value).toString("hex")],
    ["hexadecimal digits in capitals", Buffer.from(value).toString("hex").toUpperCase()],
  ];

  it.each(forms)("finds a secret in %s", (_, text) => {
    const secrets = new Secrets();
    secrets.add(value);
    expect(secrets.mask(text)).toContain("<sensitive>");
    expect(secrets.mask(text)).not.toMatch(/p(@|%40)ss|cEBzcw|70407373/i);
  });

  it("finds each long line of a secret, whatever ends it, and no word that stands beside it", () => {
    const secrets = new Secrets();
    secrets.add("-----BEGIN KEY-----\r\nMIIEpAIBAAKCAQEA1\r\n  - MIIEpAIBAAKCAQEA2\nusers:\n-----END KEY-----\n");
    expect(secrets.mask("1: MIIEpAIBAAKCAQEA1\n2: - MIIEpAIBAAKCAQEA2\nusers:\n-----BEGIN KEY-----")).toBe(
      "1: <sensitive>\n2: <sensitive>\nusers:\n-----BEGIN KEY-----",
    );
  });

  it("finds the lines into which a shell breaks the base64 of a long secret", () => {
    const secrets = new Secrets();
    secrets.add("0123456789".repeat(20));
    const lines =
      Buffer.from("0123456789".repeat(20))
        .toString("base64")
        .match(/.{1,76}/g) ?? [];
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(secrets.mask(line)).toMatch(/^<sensitive>=*$/);
  });

  it("leaves the lines of a text alone that was made with a secret", () => {
    const secrets = new Secrets();
    secrets.addWhole("package_update: true\npassword: hunter2hunter2\n");
    expect(secrets.mask("package_update: true")).toBe("package_update: true");
    expect(secrets.mask("package_update: true\npassword: hunter2hunter2\n")).toBe("<sensitive>");
  });

  it("leaves nothing of secrets that overlap", () => {
    const secrets = new Secrets();
    for (const each of ["abcdef", "defghi", "cdef"]) secrets.add(each);
    expect(secrets.mask("-abcdefghi-abcde-cdefabcdef")).toBe("-<sensitive>-abcde-<sensitive><sensitive>");
  });

  it("copes with texts of megabytes, thousands of secrets, and what no pattern could hold", () => {
    const secrets = new Secrets();
    const key = Array.from({ length: 3_000 }, (_, index) => `line-${index}-(${"x*".repeat(20)}`).join("\n");
    secrets.add(key);
    for (let index = 0; index < 2_000; index++) secrets.add(`secret-${index}-of-many`);
    const masked = secrets.mask(`${key}\n${"innocent secret-of text\n".repeat(50_000)}secret-1999-of-many`);
    expect(masked.replaceAll("innocent secret-of text\n", "")).toBe("<sensitive>\n<sensitive>");
  });

  it("takes the longest of several, and none that is too short to be one", () => {
    const secrets = new Secrets();
    for (const each of ["abc", "", null, undefined, "secret", "secret-and-more", "\ud800lone"]) secrets.add(each);
    expect(secrets.mask("abc secret-and-more secret")).toBe("abc <sensitive> <sensitive>");
  });
});
