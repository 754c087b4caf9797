import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { buildIdOf, newBuildId } from "./build-id.ts";

describe("the id of a build", () => {
  it("is no whole number, as the engine refuses those, whatever the digest is", () => {
    const text = "text 644";
    const digest = createHash("sha256").update(text).digest("hex");
    expect(digest).toMatch(/^[1-9]\d{15}/);
    expect(buildIdOf(text)).toBe(`b${digest.slice(0, 15)}`);
  });

  it("is another one for each new build, and the same for the same text", () => {
    const ids = Array.from({ length: 100 }, newBuildId);
    expect(new Set(ids).size).toBe(100);
    for (const id of ids) expect(id).toMatch(/^b[0-9a-f]{15}$/);
    expect(buildIdOf("web")).toBe(buildIdOf("web"));
    expect(buildIdOf("web")).not.toBe(buildIdOf("db"));
  });
});
