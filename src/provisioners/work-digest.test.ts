import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build, define } from "../../tests/support/provisioners/provisioning.ts";
import { secrets } from "../common/secrets.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import { workDigest } from "./work-digest.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "digest-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const digest = (options: RawConfig, userVariables: Readonly<Record<string, string>> = {}) =>
  workDigest(define("shell", options), { ...build, userVariables });

describe("workDigest()", () => {
  it("changes with options and scripts", async () => {
    const script = join(folder, "script.sh");
    await writeFile(script, "echo one\n");
    const before = await digest({ script });
    expect(await digest({ script })).toBe(before);
    expect(await digest({ script, environment_vars: ["A=b"] })).not.toBe(before);
    await writeFile(script, "echo two\n");
    expect(await digest({ script })).not.toBe(before);
  });

  it("has nothing of a secret, whichever way it came into the options", async () => {
    const tokens = ["tok-1-of-digest-test", "tok-2-of-digest-test"];
    for (const token of tokens) secrets.add(token);
    for (const digestOf of [
      (token: string) => digest({ inline: [`login ${token}`] }),
      (token: string) => digest({ inline: ["login {{user `token`}}"] }, { token }),
    ]) {
      const [one, two] = await Promise.all(tokens.map(digestOf));
      expect(one).toMatch(/^[0-9a-f]{64}$/);
      expect(one).toBe(two);
    }
  });

  it("is there for a script that has gone", async () => {
    expect(await digest({ script: join(folder, "missing") })).toBe("unreadable");
  });
});
