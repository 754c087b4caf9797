import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "rolldown";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  exportLocalState,
  importLocalState,
  localCloudImages,
  resetLocalCloud,
} from "../../src/local-cloud/administer-cloud.ts";
import { startLocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("losetup", "tar");
/** Far more changes of folders than an import or an export makes. */
const MOST = 200;

describe("a transfer of a local cloud's state under kill -9", () => {
  let folder: string;
  let bundle: string;
  const source = () => join(folder, "source");
  const archive = () => join(folder, "cloud.tar");

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "transfer-kill-"));
    bundle = join(folder, "transfer.mjs");
    const input = join(import.meta.dirname, "../support/local-cloud/dying-transfer.ts");
    const output = { file: bundle, format: "esm", codeSplitting: false } as const;
    await build({ input, platform: "node", transform: { target: "node20" }, logLevel: "silent", output });
    await (await startLocalCloud({ stateFolder: source() })).close();
    await exportLocalState(source(), archive());
  });
  afterAll(async () => {
    await resetLocalCloud(source());
    rmSync(folder, { recursive: true });
  });

  /** @returns whether it was killed */
  const transfer = async (what: "import" | "export", stateFolder: string, file: string, dieAt: number) => {
    const argv = [bundle, what, stateFolder, file, String(dieAt)];
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "ignore", "inherit"] });
    const [code, signal] = await once(child, "exit");
    expect(signal === "SIGKILL" || code === 0).toBe(true);
    return signal === "SIGKILL";
  };

  /** Folders in which others have things too, some with names much like ours. */
  const strangers = ["import-00000000000000000000000000000000", "notes", "unfinished-mine", "unfinished"];
  const newFolder = (name: string) => {
    const made = join(folder, name);
    for (const each of strangers) mkdirSync(join(made, each), { recursive: true });
    return made;
  };
  const names = (of: string) => readdirSync(of).sort();

  it("imports nothing or everything, and leaves nothing, wherever it was killed", async () => {
    let kills = 0;
    for (let dieAt = 1; dieAt < MOST; dieAt++) {
      const copy = newFolder("copy");
      if (!(await transfer("import", copy, archive(), dieAt))) break;
      kills += 1;
      // What comes next is, by turns, a reset, a second try, and a start.
      if (dieAt % 3 === 1) {
        const again = await importLocalState(copy, archive()).catch((error: Error) => error.message);
        expect([undefined, `There is a local cloud in "${copy}" already`]).toContain(again);
        expect((await localCloudImages(copy)).length).toBe(1);
      } else if (dieAt % 3 === 2) {
        const wasMade = existsSync(join(copy, "accounts.json"));
        const cloud = await startLocalCloud({ stateFolder: copy });
        await cloud.close();
        const keys = (of: string) => JSON.parse(readFileSync(join(of, "accounts.json"), "utf8"));
        if (wasMade) expect(keys(copy)).toEqual(keys(source()));
      }
      await resetLocalCloud(copy);
      expect(names(copy), `killed at the ${dieAt}th change`).toEqual([...strangers, "lock"].sort());
      rmSync(copy, { recursive: true });
    }
    expect(kills).toBeGreaterThan(15);
    expect(kills).toBeLessThan(MOST - 1);
  });

  it("exports nothing or everything, and the next who opens the cloud removes what was left", async () => {
    const target = newFolder("target");
    const before = names(source());
    let kills = 0;
    for (let dieAt = 1; dieAt < MOST; dieAt++) {
      const file = join(target, "out.tar");
      writeFileSync(file, "an older one");
      if (!(await transfer("export", source(), file, dieAt))) break;
      kills += 1;
      await localCloudImages(source());
      expect(names(target), `killed at the ${dieAt}th change`).toEqual([...strangers, "out.tar"].sort());
      expect(names(source())).toEqual(before);
    }
    expect(kills).toBeGreaterThan(5);
  });
});

describe("an import that another command finds half-way", () => {
  it("is refused while somebody has put something in its place, and stays", async () => {
    const folder = mkdtempSync(join(tmpdir(), "half-way-"));
    try {
      const token = "0123456789abcdef0123456789abcdef";
      const staging = join(folder, `import-${token}`);
      mkdirSync(join(staging, "disks"), { recursive: true });
      symlinkSync(staging, join(folder, `unfinished-${token}`));
      symlinkSync("disks/accounts.json", join(staging, "whole"));
      mkdirSync(join(folder, "disks"));
      writeFileSync(join(folder, "disks/mine"), "mine");
      await expect(startLocalCloud({ stateFolder: folder, blocks: "memory" })).rejects.toThrow("disks");
      expect(readFileSync(join(folder, "disks/mine"), "utf8")).toBe("mine");
      expect(existsSync(staging)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
