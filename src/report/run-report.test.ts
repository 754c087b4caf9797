import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { HOSTILE, sampleRecord } from "../../tests/support/report/sample-record.ts";
import { runReport } from "./run-report.ts";
import { covered } from "./summary.ts";

describe("runReport()", () => {
  it("escapes every text of the run and of its image", async () => {
    const text = await runReport(sampleRecord());
    expect(text).not.toContain(HOSTILE);
    expect(text).not.toContain("<img");
    expect(text.match(/<script>/g)).toHaveLength(1);
    expect(text).toContain("&lt;script&gt;");
  });

  it("allows its own style and script, and nothing else", async () => {
    const text = await runReport(sampleRecord());
    const [, policy = ""] = /Content-Security-Policy" content="([^"]*)"/.exec(text) ?? [];
    expect(policy).toMatch(/^default-src &#39;none&#39;;/);
    for (const [tag, directive] of [
      ["style", "style-src"],
      ["script", "script-src"],
    ] as const) {
      const [, content = ""] = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(text) ?? [];
      const hash = createHash("sha256").update(content).digest("base64");
      expect(policy).toContain(`${directive} &#39;sha256-${hash}&#39;`);
    }
    expect(text).not.toMatch(/ (style|on[a-z]+)="/);
    expect(text).not.toMatch(/(src|href)="(?!#)/);
  });

  it("leaves out the sections of what is not known", async () => {
    const nothing = { phases: [], apiCalls: [], resources: [], bootTest: null, image: null, error: null, warnings: [] };
    const unknown = {
      product: null,
      source: null,
      account: null,
      provenance: null,
      imageCheck: null,
      generalised: null,
    };
    const text = await runReport({ ...sampleRecord(), ...nothing, ...unknown });
    const titles = [...text.matchAll(/<h2[^>]*>([^<]*)/g)].map(([, title]) => title);
    expect(titles).toEqual(["Summary", "Tags, permissions and options", "Log"]);
  });
});

describe("covered()", () => {
  it("counts what overlaps once", () => {
    const phase = (startMs: number, elapsedMs: number) => ({ startMs, elapsedMs });
    expect(covered([])).toBe(0);
    expect(covered([phase(0, 10), phase(20, 10)])).toBe(20);
    expect(covered([phase(5, 10), phase(0, 10), phase(2, 3)])).toBe(15);
  });
});
