import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { build, generatedData, InstantClock } from "../../tests/support/provisioners/provisioning.ts";
import { requireTools } from "../../tests/support/suite/requirements.ts";
import { RecordingUi } from "../../tests/support/terminal/recording-ui.ts";
import type { PostProcessorDefinition } from "../definition/build-definition.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import { hostRunner } from "../host/run-command.ts";
import { makeTemporaryFolder } from "../host/temporary-folder.ts";
import type { Artifact } from "./artifact.ts";
import { checkPostProcessors, keepsArtifact } from "./check-post-processors.ts";
import { archiveFormat } from "./compress/format.ts";
import { runPostProcessors } from "./run-post-processors.ts";

let folder: string;
let destroyed: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "file-post-processors-"));
  destroyed = 0;
  await mkdir(join(folder, "out"));
  await writeFile(join(folder, "out/a.img"), "alpha\n");
  await writeFile(join(folder, "out/-b.img"), "beta\n");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const omi: Artifact = {
  builderId: "oapi.outscale.chroot",
  id: "eu-west-2:ami-1a2b3c4d",
  files: [],
  string: () => "an OMI",
  state: (name) => (name === "generated_data" ? generatedData : undefined),
  destroy: async () => {
    destroyed++;
  },
};

function define(type: string, options: RawConfig, keepInputArtifact?: boolean): PostProcessorDefinition {
  const location = { file: "debian.pkr.hcl", line: 40, column: 5 };
  return { type, name: type, keepInputArtifact, location, evaluate: () => options, show: () => options };
}

function run(...chains: PostProcessorDefinition[][]) {
  return runPostProcessors(chains, omi, {
    ...build,
    ...{ runUuid: "run-1", force: false, ui: new RecordingUi(), local: hostRunner(), clock: new InstantClock() },
    makeTemporaryFolder,
    signal: new AbortController().signal,
  });
}

const at = (name: string) => join(folder, name);
const files = (pattern = "out/*.img", keep?: boolean) => define("artifice", { files: [at(pattern)] }, keep);
const tell = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: "utf8" });

describe("artifice", () => {
  it("makes files the artifact, and keeps the OMI", async () => {
    const result = await run([files()]);
    expect(result).toMatchObject({
      isArtifactKept: true,
      made: [{ id: "", files: [at("out/-b.img"), at("out/a.img")] }],
    });
    expect(result.made[0]?.string()).toBe(`Created artifact from files: ${at("out/-b.img")}, ${at("out/a.img")}`);
    expect(destroyed).toBe(0);
  });

  it("gives the OMI away with keep_input_artifact = false, unless another chain wants it", async () => {
    expect(await run([files(undefined, false)])).toMatchObject({ isArtifactKept: false });
    expect(destroyed).toBe(1);
    expect(await run([define("shell-local", { inline: ["true"] }), files(undefined, false)])).toMatchObject({
      isArtifactKept: false,
    });
    expect(destroyed).toBe(2);
    expect(await run([files(undefined, false)], [files()])).toMatchObject({ isArtifactKept: true });
    expect(destroyed).toBe(2);
  });

  it("fails when a pattern matches nothing", async () => {
    await expect(run([files("out/*.raw")])).rejects.toThrow(/No file matches ".*\*\.raw"/);
  });

  it.each([
    ["the same file", ["out/a.img"], ["a.img"]],
    ["what lies in the folder", ["out/*.img"], ["-b.img", "a.img"]],
  ])("deletes nothing of which the next artifact is: %s", async (_what, [next = ""], left) => {
    const whole = define("artifice", { files: [at("out/-b.img"), at("out")] });
    const first = next === "out/a.img" ? files() : whole;
    const result = await run([first, files(next, false)]);
    expect((await readdir(at("out"))).sort()).toEqual(left);
    expect(result.made.flatMap((made) => made.files)).toEqual(left.map((name) => at(`out/${name}`)));
  });

  it("is foretold by keepsArtifact()", () => {
    expect(keepsArtifact([])).toBe(true);
    expect(keepsArtifact([[files()]])).toBe(true);
    expect(keepsArtifact([[files(undefined, false)]])).toBe(false);
    expect(keepsArtifact([[files(undefined, false)], [define("manifest", {})]])).toBe(true);
  });
});

describe("checksum", () => {
  it("adds a line for each file and type, and hands on files and checksums", async () => {
    const output = at("sums/{{.BuildName}}.{{.ChecksumType}}");
    const sums = define("checksum", { checksum_types: ["sha256", "md5"], output }, false);
    const { made } = await run([files("out/a.img"), sums]);
    const name = (type: string) => at(`sums/debian.${type}`);
    expect(made.map((each) => each.files)).toEqual([[at("out/a.img")], [at("out/a.img"), name("sha256"), name("md5")]]);
    const [hash] = tell("sha256sum", at("out/a.img")).split(" ");
    expect(await readFile(name("sha256"), "utf8")).toBe(`${hash}\ta.img\n`);
    await run([files(), sums]);
    expect((await readFile(name("md5"), "utf8")).split("\n").map((line) => line.slice(33))).toEqual([
      "a.img",
      "-b.img",
      "a.img",
      "",
    ]);
  });

  it("refuses a type that there is not", () => {
    const chain = [files(), define("checksum", { checksum_types: ["crc32"] })];
    expect(checkPostProcessors([chain], build)).toMatchObject(
      [{ option: 'post-processor "checksum" (debian.pkr.hcl:40): checksum_types', message: /no checksum "crc32"/ }].map(
        (each) => ({ ...each, message: expect.stringMatching(each.message) }),
      ),
    );
  });
});

requireTools(
  "bzip2",
  "lz4",
  "unzip",
  "xz",
  "zip",
)("compress", () => {
  it("leaves the archive alone as artifact when it has taken files and checksums", async () => {
    const sums = define("checksum", { output: at("out/sums") });
    const { made } = await run([files(), sums, define("compress", { output: at("x.zip") })]);
    expect(made.map((each) => each.files)).toEqual([[at("x.zip")]]);
    expect(await readdir(at("out"))).toEqual([]);
  });

  it.each([
    ["x.tar", "tar", ["-tf"]],
    ["x.tar.gz", "tar", ["-tzf"]],
    ["no-extension", "tar", ["-tzf"]],
    ["x.tar.bgzf", "tar", ["-tzf"]],
    ["x.tar.bz2", "tar", ["-tjf"]],
    ["x.tar.xz", "tar", ["-tJf"]],
    ["x.tar.lz4", "tar", ["--use-compress-program=lz4", "-tf"]],
  ])("puts files under their bare names into %s", async (name, program, args) => {
    const { made } = await run([files(), define("compress", { output: at(`new/folder/${name}`) }, true)]);
    expect(made.map((each) => each.files).at(-1)).toEqual([at(`new/folder/${name}`)]);
    expect(tell(program, ...args, at(`new/folder/${name}`))).toBe("-b.img\na.img\n");
    expect(await readdir(at("new/folder"))).toEqual([name]);
  });

  it("makes a zip, whose level counts", async () => {
    await writeFile(at("out/a.img"), randomBytes(20_000).toString("hex"));
    const sizes: number[] = [];
    for (const level of [1, 9]) {
      const output = at(`${level}.zip`);
      await run([files(), define("compress", { output, compression_level: level }, true)]);
      expect(tell("unzip", "-Z1", output)).toContain("out/a.img");
      sizes.push((await readFile(output)).length);
    }
    expect(sizes[0]).toBeGreaterThan(sizes[1] ?? 0);
  });

  it.each([
    ["x.gz", "gzip"],
    ["x.xz", "xz"],
    ["x.bzip2", "bzip2"],
    ["x.lz4", "lz4"],
  ])("compresses one file as it is: %s", async (name, program) => {
    await run([files("out/a.img"), define("compress", { output: at(name), compression_level: "3" })]);
    expect(execFileSync(program, ["-dc"], { input: await readFile(at(name)), encoding: "utf8" })).toBe("alpha\n");
    expect(await readdir(at("out"))).toEqual(["-b.img"]);
  });

  it("makes BGZF that any gunzip reads, block by block", async () => {
    const text = Buffer.concat([randomBytes(150_000), Buffer.alloc(150_000, "x")]);
    await writeFile(at("out/a.img"), text);
    await run([files("out/a.img"), define("compress", { output: at("x.bgzf") })]);
    const packed = await readFile(at("x.bgzf"));
    expect(gunzipSync(packed).equals(text)).toBe(true);
    let offset = 0;
    for (; offset < packed.length; offset += packed.readUInt16LE(offset + 16) + 1) {
      expect(packed.subarray(offset, offset + 4)).toEqual(Buffer.from([31, 139, 8, 4]));
    }
    expect(offset).toBe(packed.length);
  });

  it.each([
    ["in the folder", "out/x.tar.gz"],
    ["deep in the folder", "out/deep/er/x.zip"],
    ["in the folder, by a link", "link/x.tar"],
  ])("writes no archive %s that it packs, which goes with it", async (_where, output) => {
    await symlink("out", at("link"));
    const chain = [files("out"), define("compress", { output: at(output) })];
    await expect(run(chain)).rejects.toThrow("would be written into what it is made of");
    expect((await readdir(at("out"))).sort()).toEqual(["-b.img", "a.img"]);
  });

  it("leaves nothing when it fails", async () => {
    await expect(run([files(), define("compress", { output: at("x.gz") })])).rejects.toThrow("Only one file");
    const sums = define("shell-local", { inline: [`rm ${at("out/a.img")}`] });
    await expect(run([files(), sums, define("compress", { output: at("x.tar.xz") })])).rejects.toThrow("a.img");
    await expect(
      run([files("out/-b.img"), define("compress", { output: at("out/-b.img"), format: "gz" })]),
    ).rejects.toThrow("over one of its own files");
    expect(await readdir(folder)).toEqual(["out"]);
    expect(await readFile(at("out/-b.img"), "utf8")).toBe("beta\n");
  });

  it.each([
    ["compress", {}],
    ["checksum", {}],
  ])("%s is refused without files to work on", (type, options) => {
    for (const chain of [[define(type, options)], [define(type, options), files()]]) {
      expect(checkPostProcessors([chain], build)).toMatchObject([
        { option: `post-processor "${type}" (debian.pkr.hcl:40)`, message: "works on files, and an OMI has none" },
      ]);
    }
    expect(checkPostProcessors([[files(), define(type, options)]], build)).toEqual([]);
  });

  it("refuses a format that there is not, and a level below -1", () => {
    const chain = [files(), define("compress", { format: "rar", compression_level: -2 })];
    expect(checkPostProcessors([chain], build).map(({ option }) => option.split(": ")[1])).toEqual([
      "format",
      "compression_level",
    ]);
  });
});

describe("archiveFormat()", () => {
  it.each([
    ["{{.BuildName}}", "", "tar", "gzip"],
    ["x.tar", "", "tar", undefined],
    ["x.tar.zip", "", "zip", undefined],
    ["x.img", "", "tar", "gzip"],
    ["x.img.gz", "", undefined, "gzip"],
    ["x.tar.bzip2", "", "tar", "bzip2"],
    ["x.zip", "tar.xz", "tar", "xz"],
    ["x.tar", "lz4", "tar", "lz4"],
  ])("takes %s with format %j for %s, %s", (output, format, archive, algorithm) => {
    expect(archiveFormat(output, format)).toEqual({ archive, algorithm });
  });
});
