import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openPackerBench, type PackerBench } from "../support/packer-plugin/packer.ts";
import { hashFile } from "../support/suite/ledger.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("packer");

const MIB = 1024 * 1024;
/** What Node itself and the engine take, with some room; a transfer must not add to it. */
const MOST_MEMORY_KIB = 320 * 1024;

describe("the wire between Packer and the plugin", () => {
  let bench: PackerBench;
  beforeAll(async () => {
    bench = await openPackerBench("packer-wire");
  });
  afterAll(() => bench.close());

  /** Writes down how much memory the plugin has ever had: after the work, and before Packer ends it. */
  const measureMemory = () => {
    const plugins = join(bench.folder, "plugins");
    const script = `for p in $(pgrep -f ${plugins}/packer-builder); do grep VmHWM /proc/$p/status; done > memory.txt`;
    return { type: "shell-local", inline: [script] };
  };
  const peakKib = async () => {
    const peaks = (await readFile(join(bench.folder, "memory.txt"), "utf8")).match(/\d+(?= kB)/g) ?? [];
    expect(peaks.length).toBeGreaterThan(0);
    return Math.max(...peaks.map(Number));
  };

  it("carries 1 GiB up and 1 GiB down unchanged, in little memory", async () => {
    const [up, down] = [join(bench.folder, "up.bin"), join(bench.folder, "down.bin")];
    await writeRandom(up, 1024);
    const path = await bench.template(
      { omi_name: "large", root_volume_size: 3, skip_create_omi: true },
      {
        provisioners: [
          { type: "file", source: "up.bin", destination: "/srv/large.bin" },
          { type: "file", direction: "download", source: "/srv/large.bin", destination: "down.bin" },
          measureMemory(),
        ],
      },
    );
    const { code, output } = await bench.build(path);
    expect(code, output).toBe(0);
    expect(await hashFile(down)).toBe(await hashFile(up));
    expect(await peakKib()).toBeLessThan(MOST_MEMORY_KIB);
    await Promise.all([rm(up), rm(down)]);
  });

  it("shows 200,000 lines in their order, in little memory", async () => {
    const inline = ["seq 200000 | sed 's/^/line /'"];
    const rest = { provisioners: [{ type: "shell", inline }, measureMemory()] };
    const path = await bench.template({ omi_name: "lines", skip_create_omi: true }, rest);
    const { code, output } = await bench.build(path);
    expect(code, output.slice(-2_000)).toBe(0);
    const lines = (output.match(/(?<=: line )\d+$/gm) ?? []).map(Number);
    expect(lines).toHaveLength(200_000);
    expect(lines.findIndex((line, index) => line !== index + 1)).toBe(-1);
    expect(await peakKib()).toBeLessThan(MOST_MEMORY_KIB);
  });

  it("copies folders both ways", async () => {
    await mkdir(join(bench.folder, "tree/sub"), { recursive: true });
    await bench.file("tree/sub/a", "a\n");
    await symlink("sub/a", join(bench.folder, "tree/link"));
    const path = await bench.template(
      { omi_name: "folders", skip_create_omi: true },
      {
        provisioners: [
          { type: "file", source: "tree", destination: "/srv" },
          { type: "shell", inline: ["cat /srv/tree/link /srv/tree/sub/a"] },
          { type: "file", direction: "download", source: "/srv/tree/", destination: "back/" },
          { type: "shell-local", inline: ["diff -r tree back && echo the same"] },
        ],
      },
    );
    const { code, output } = await bench.build(path);
    expect(code, output).toBe(0);
    expect(output).toContain("the same");
  });
});

async function writeRandom(path: string, sizeMib: number): Promise<void> {
  const file = await open(path, "w");
  const block = randomBytes(MIB);
  for (let index = 0; index < sizeMib; index++) {
    // Each MiB is another, so that one that is lost or out of place shows.
    block.writeUInt32LE(index, 0);
    await file.write(block);
  }
  await file.close();
}
