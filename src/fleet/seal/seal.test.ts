import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { secrets } from "../../common/secrets.ts";
import { makeKeyText, parseKeys, readKeys } from "./fleet-key.ts";
import { SEAL_BYTES, type SealedAbout, Sealer } from "./seal.ts";
import { SeenJobs } from "./seen-jobs.ts";

const [old, current] = [makeKeyText(), makeKeyText()];
const NOW = 1_800_000_000_000;
const sealer = (text: string) => new Sealer(parseKeys(text, "test"), () => NOW);
const about: SealedAbout = { purpose: "job", queue: "1.eu-west-2", subject: "a1" };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "seal-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("Sealer", () => {
  it("opens what it has sealed, and shows nothing of it", () => {
    const sealed = sealer(current).seal("the password is hunter2", about);
    expect(sealed).not.toContain("hunter2");
    expect(Buffer.from(sealed.split(".").at(-1) ?? "", "base64").includes("hunter2")).toBe(false);
    const { content, sealedAt } = sealer(current).open(sealed, about);
    expect(content.toString()).toBe("the password is hunter2");
    expect(sealedAt).toBe(NOW);
  });

  it.each<[string, Partial<SealedAbout>]>([
    ["another job", { subject: "a2" }],
    ["another queue, so another account or region", { queue: "2.eu-west-2" }],
    ["another kind of message", { purpose: "control" }],
    ["another place in the output", { number: 1 }],
  ])("does not open a message as one of %s", (_, change) => {
    const sealed = sealer(current).seal("x", about);
    expect(() => sealer(current).open(sealed, { ...about, ...change })).toThrow("its seal is broken");
  });

  it("does not open a message of which anything was changed", () => {
    const sealed = sealer(current).seal("x", about);
    for (let at = 0; at < sealed.length; at++) {
      const other = sealed[at] === "1" ? "2" : "1";
      const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
      expect(() => sealer(current).open(changed, about), `letter ${at}`).toThrow("is refused");
    }
  });

  it("seals bytes the same way, and tells how much longer they become", () => {
    const content = Buffer.from("the password is hunter2");
    const sealed = sealer(current).sealBytes(content, { ...about, number: 3 });
    expect(sealed.length).toBe(content.length + SEAL_BYTES);
    expect(sealed.includes("hunter2")).toBe(false);
    expect(sealer(`${old}\n${current}`).openBytes(sealed, { ...about, number: 3 })).toEqual({ content, sealedAt: NOW });
    for (const change of [{ subject: "a2" }, { queue: "2.eu-west-2" }, { purpose: "content" }, { number: 4 }] as const)
      expect(() => sealer(current).openBytes(sealed, { ...about, number: 3, ...change })).toThrow("its seal is broken");
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => sealer(current).openBytes(changed, { ...about, number: 3 }), `byte ${at}`).toThrow("is refused");
      expect(() => sealer(current).openBytes(sealed.subarray(0, at), { ...about, number: 3 })).toThrow("is refused");
    }
    expect(() => sealer(old).openBytes(sealed, { ...about, number: 3 })).toThrow("which is not known here");
  });

  it.each(["", "1", "1.x.1.", "1.00000000.1.AAAA", "2.00000000.1.AAAA", "{}", undefined, null, 5])(
    "refuses %j",
    (text) => {
      expect(() => sealer(current).open(text, about)).toThrow("is refused");
    },
  );

  it("opens with an older key, seals with the first, and opens with no key that is gone", () => {
    const sealed = sealer(old).seal("x", about);
    expect(sealer(`${current}\n${old}`).open(sealed, about).content.toString()).toBe("x");
    expect(() => sealer(current).open(sealed, about)).toThrow("which is not known here");
    const later = sealer(`${current}\n${old}`).seal("x", about);
    expect(sealer(current).open(later, about).content.toString()).toBe("x");
  });

  it("gives contents an address that only the key can find", () => {
    expect(sealer(current).addressOf("ab")).toBe(sealer(current).addressOf("ab"));
    expect(sealer(current).addressOf("ab")).not.toBe(sealer(old).addressOf("ab"));
  });
});

describe("readKeys()", () => {
  it("reads a file that nobody else can read, and masks the key from then on", () => {
    const path = join(folder, "key");
    writeFileSync(path, `# the fleet of the night\n${current} # since May\n${old}\n`, { mode: 0o600 });
    expect(readKeys(path, {}).map(({ bytes }) => bytes.length)).toEqual([32, 32]);
    expect(readKeys(undefined, { OUTSCALE_CHROOT_FLEET_KEY_FILE: path })).toHaveLength(2);
    expect(secrets.mask(`it is ${current}`)).toBe("it is <sensitive>");
  });

  it("reads the environment", () => {
    expect(readKeys(undefined, { OUTSCALE_CHROOT_FLEET_KEY: `${current},${old}` })).toHaveLength(2);
  });

  it("refuses a file that others can read, what is no key, and none at all", () => {
    const path = join(folder, "key");
    writeFileSync(path, current, { mode: 0o640 });
    expect(() => readKeys(path, {})).toThrow("Others can read the fleet key");
    expect(() => parseKeys("secret", "X")).toThrow(/^The key 1 of X is no fleet key$/);
    expect(() => parseKeys("# none\n", "X")).toThrow("There is no key in X");
    expect(() => parseKeys(current.slice(0, -1), "X")).toThrow("is no fleet key");
    expect(() => readKeys(undefined, {})).toThrow("There is no fleet key");
  });
});

describe("SeenJobs", () => {
  const DAY = 24 * 3_600_000;

  it("takes a job once, after a restart too, and again when it was given back", () => {
    const seen = new SeenJobs(folder, Date.now);
    seen.take("a1", Date.now());
    expect(() => new SeenJobs(folder, Date.now).take("a1", Date.now())).toThrow("taken it before");
    seen.giveBack("a1");
    seen.take("a1", Date.now());
  });

  it("takes no job of last week, and none of tomorrow", () => {
    const seen = new SeenJobs(folder, Date.now);
    expect(() => seen.take("a1", Date.now() - 8 * DAY)).toThrow("more than a week ago");
    expect(() => seen.take("a1", Date.now() + DAY)).toThrow("in the future");
  });

  it("remembers a job as long as its seal would be taken", () => {
    const seen = new SeenJobs(folder, Date.now);
    const sealedAt = Date.now();
    seen.take("a1", sealedAt);
    utimesSync(join(folder, "a1"), (Date.now() - 6 * DAY) / 1000, (Date.now() - 6 * DAY) / 1000);
    seen.take("a2", sealedAt);
    expect(() => seen.take("a1", sealedAt)).toThrow("taken it before");
    utimesSync(join(folder, "a1"), (Date.now() - 8 * DAY) / 1000, (Date.now() - 8 * DAY) / 1000);
    seen.take("a3", sealedAt);
    seen.take("a1", sealedAt);
  });

  it.each(["", "../x", "a/b", "a\0", "a".repeat(101)])("takes no job whose id would be another file: %j", (id) => {
    expect(() => new SeenJobs(folder, Date.now).take(id, Date.now())).toThrow("no id of a job");
  });
});
