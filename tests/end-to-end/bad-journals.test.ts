import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { JournalEntry } from "../../src/builder/journal/entry.ts";
import { LeftoverError } from "../../src/common/errors.ts";
import { type Bakery, nothing, openBakery, publicSource } from "../support/bake/bake.ts";
import { requireRoot } from "../support/suite/requirements.ts";

const describe = requireRoot();
const failing = {
  provision: async () => {
    throw new Error("as it was meant to");
  },
};

describe("journals that cannot be used", () => {
  let bakery: Bakery;
  let runs: string;
  beforeAll(async () => {
    bakery = await openBakery("bad-journals");
    runs = join(bakery.stateFolder, "runs");
  });
  afterAll(() => bakery.close());
  beforeEach(async () => {
    await rm(runs, { recursive: true, force: true });
    await mkdir(runs, { recursive: true, mode: 0o700 });
  });

  /** Leaves a linked volume, and the journal that names it. @returns the run's id */
  const abort = async () => {
    const before = await readdir(runs);
    const options = { ...publicSource, omi_name: "aborted", packer_on_error: "abort" };
    await expect(bakery.bake(options, { hook: failing })).rejects.toThrow("as it was meant to");
    const [made] = (await readdir(runs)).filter((name) => !before.includes(name));
    return made?.replace(".jsonl", "") ?? "";
  };

  const rewrite = async (runId: string, change: (lines: string[]) => string[]) => {
    const path = join(runs, `${runId}.jsonl`);
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
    await writeFile(path, `${change(lines).join("\n")}\n`);
  };

  it("stop neither builds nor the clean-up of other runs, are named, and stay as they are", async () => {
    await writeFile(join(runs, "111111111111.jsonl"), "null\n");
    await mkdir(join(runs, "222222222222.jsonl"));
    execFileSync("mkfifo", [join(runs, "333333333333.jsonl")]);
    execFileSync("mknod", [join(runs, "444444444444.jsonl"), "c", "5", "0"]); // /dev/tty
    await writeFile(join(runs, "555555555555.jsonl"), "");
    await writeFile(join(runs, "666666666666.new"), '{"type":"run"');
    const runId = await abort();
    await rewrite(runId, (lines) => lines.map((line) => line.replace(/"mountPath":"[^"]*"/, '"mountPath":"/"')));
    const other = await abort();
    const { artifact } = await bakery.bake({ ...publicSource, omi_name: "built" });
    await artifact?.destroy();

    const failure = await bakery.cleanUp().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LeftoverError);
    const { leftovers } = failure as LeftoverError;
    const told = leftovers.map((line) => line.replace(/^The journal ".*\/(\w+)\.jsonl" cannot be used: /, "$1 "));
    // They come by name, and this run's own is random.
    const [ofRun, ...others] = told.sort((a, b) => Number(b.startsWith(runId)) - Number(a.startsWith(runId)));
    expect(ofRun).toMatch(new RegExp(`^${runId} line \\d+: mountPath: must be an absolute path below /$`));
    expect(others).toEqual([
      "111111111111 line 1: Invalid input: expected object, received null",
      "222222222222 it is not a plain file",
      "333333333333 it is not a plain file",
      "444444444444 it is not a plain file",
    ]);
    const left = (await readdir(runs)).map((name) => name.replace(".jsonl", "")).sort();
    expect(left).not.toContain(other);
    expect(left).toEqual(["111111111111", "222222222222", "333333333333", "444444444444", runId].sort());

    // What the damaged one names is still known by it: mended by hand, it is cleaned up.
    await rewrite(runId, (lines) => lines.filter((line) => !line.includes('"type":"sandbox"')));
    await bakery.cleanUp({ runIds: [runId] });
    expect((await bakery.leftovers()).volumes).toEqual([]);
  });

  it("is no journal without the entry of a link: the volume is unlinked by proof of ownership", async () => {
    const runId = await abort();
    await rewrite(runId, (lines) => {
      const entries = lines.map((line) => JSON.parse(line) as JournalEntry);
      const link = entries.find((entry) => entry.type === "intent" && entry.kind === "link");
      const isOfLink = (entry: JournalEntry) => "seq" in entry && link?.type === "intent" && entry.seq === link.seq;
      const left = entries.filter((entry) => !isOfLink(entry));
      expect(left.length).toBeLessThan(entries.length);
      return left.map((entry) => JSON.stringify(entry));
    });
    await bakery.cleanUp();
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it("keeps a volume that another VM has linked, although it was made with our token", async () => {
    const runId = await abort();
    await rewrite(runId, (lines) => lines.map((line) => line.replace(/"vmId":"i-\w+"/, '"vmId":"i-00000000"')));
    await rewrite(runId, (lines) =>
      lines.filter((line) => !line.includes('"kind":"link"') && !line.includes('"device"')),
    );
    await rewrite(runId, (lines) => {
      const seqs = new Set(lines.flatMap((line) => (line.includes('"type":"intent"') ? [JSON.parse(line).seq] : [])));
      return lines.filter((line) => JSON.parse(line).seq === undefined || seqs.has(JSON.parse(line).seq));
    });
    await expect(bakery.cleanUp()).rejects.toThrow(/is still linked to i-\w+ as .*, and is kept/);
    expect((await bakery.leftovers()).volumes).toHaveLength(1);
    const volumeId = (await bakery.leftovers()).volumes[0] ?? "";
    await bakery.api.unlinkVolume({ VolumeId: volumeId });
    await bakery.cloud.idle();
    await bakery.cleanUp();
    expect(await bakery.leftovers()).toEqual(nothing);
  });
});
