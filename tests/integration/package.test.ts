import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { version } from "../../src/common/version.ts";
import { hostRunner } from "../../src/host/run-command.ts";
import { fencedBlocks } from "../support/docs/shell-examples.ts";
import { typesOfGo } from "../support/packer-plugin/go-types.ts";
import { type InstalledPackage, installPackage } from "../support/program/installed-package.ts";
import { requirePrograms, requireRoot } from "../support/suite/requirements.ts";

const describe = requireRoot();
const page = readFileSync("docs/library.md", "utf8");
const examples = fencedBlocks(page, "ts").map((text, index) => ({ file: `example-${index + 1}.ts`, text }));

/** Packing builds the project, and a busy machine takes its time: milliseconds. */
const PATIENCE_MS = 600_000;

/** What the types have to refuse: each line below the directive is an error, or the directive is. */
const refused = `
import { Builder, bake } from "outscale-chroot";

const builder = new Builder();
// @ts-expect-error an option that there is none of
builder.prepare({ omi_nam: "web" });
// @ts-expect-error a value of another type
builder.prepare({ root_volume_size: true });
// @ts-expect-error a value that is not among those there are
void bake({ template: "web.pkr.hcl", onError: "explode" });
// @ts-expect-error an input that there is none of
void bake({ template: "web.pkr.hcl", vars: {} });
`;

/** What they have to take: undefined is nothing, also under exactOptionalPropertyTypes. */
const taken = `
import { Builder, bake, type BakeInput, type ${typesOfGo.join(", type ")} } from "outscale-chroot";

export type All = [${typesOfGo.join(", ")}];
export const prepare = (region: string | undefined) => new Builder().prepare({ omi_name: "web", region });
export const start = (input: BakeInput, signal: AbortSignal | undefined) => bake({ ...input, signal, local: undefined });
`;

/** Writes out the types of every function: the compiler refuses one that a program could not name. */
const named = `
import * as library from "outscale-chroot";

export const everything = { ...library };
`;

describe("the packed project, installed elsewhere", () => {
  let installed: InstalledPackage;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    installed = await installPackage();
    const { folder } = installed;
    const state = join(folder, "state");
    env = { OUTSCALE_CHROOT_STATE: state, OUTSCALE_CHROOT_LOCAL_CLOUD: join(state, "local-cloud") };
    const programs = [
      ...examples,
      { file: "refused.ts", text: refused },
      { file: "taken.ts", text: taken },
      { file: "named.ts", text: named },
    ];
    const readme = fencedBlocks(readFileSync("README.md", "utf8"), "ts");
    programs.push(...readme.map((text, index) => ({ file: `readme-${index + 1}.ts`, text })));
    for (const { file, text } of programs) await writeFile(join(folder, file), text);
    for (const text of fencedBlocks(page, "hcl")) await writeFile(join(folder, "web.pkr.hcl"), text);
    await mkdir(join(folder, "site"));
    await writeFile(join(folder, "site/index.html"), "<h1>Hello</h1>\n");
    await installed.compile();
  }, PATIENCE_MS);
  afterAll(async () => {
    for (const cloud of [join(installed.folder, "cloud"), env.OUTSCALE_CHROOT_LOCAL_CLOUD ?? ""]) {
      await installed.command(["local-cloud", "reset", "-state", cloud], { cwd: "/", env });
    }
    await installed.remove();
  });

  it.each(examples)(
    "runs $file of docs/library.md",
    async ({ file, text }) => {
      const output = await installed.run(file, env);
      if (text.includes("await bake(")) expect(output).toMatch(/^outscale-chroot\.web eu-west-2:ami-[0-9a-f]{8}$/m);
      if (text.includes("builder.run(")) expect(output).toMatch(/^eu-west-2:ami-[0-9a-f]{8} \[\]$/m);
      expect(output).not.toBe("");
    },
    PATIENCE_MS,
  );

  it(
    "runs the command from another folder",
    async () => {
      const cwd = join(installed.folder, "site");
      expect(await installed.command(["--version"], { cwd })).toBe(`outscale-chroot ${version}\n`);
      const valid = await installed.command(["validate", "-var", "stage=test", "../web.pkr.hcl"], {
        cwd,
        env: { OSC_REGION: "eu-west-2" },
      });
      expect(valid).toBe("The configuration is valid.\n");
      const quickstart = join(installed.packageFolder, "examples/quickstart.pkr.hcl");
      expect(await installed.command(["build", "-local", "-color=false", quickstart], { cwd, env })).toContain(
        "Builds finished. The artifacts of successful builds are:",
      );
    },
    PATIENCE_MS,
  );

  it("has what its pages link to", async () => {
    const { packageFolder } = installed;
    const pages = filesOf(packageFolder).filter((name) => name.endsWith(".md"));
    expect(pages).toContain("README.md");
    for (const name of pages) {
      const text = await readFile(join(packageFolder, name), "utf8");
      const links = [...text.matchAll(/\]\(([^)#\s]+)/g)].map(([, link = ""]) => link);
      const missing = links.filter(
        (link) => !/^https?:/.test(link) && !existsSync(join(packageFolder, dirname(name), link)),
      );
      expect(missing, name).toEqual([]);
    }
  });

  it("has the licences of the projects whose code is in its files", () => {
    for (const file of ["dist/cli/THIRD-PARTY-LICENCES.txt", "dist/packer-plugin/outscale-chroot"]) {
      const text = readFileSync(join(installed.packageFolder, file), "utf8");
      expect(text).toMatch(/undici [\d.]+ \(MIT\)/);
      expect(text).toContain("Permission is hereby granted, free of charge");
    }
  });

  it.each([
    ["bash", "outscale-chroot.bash"],
    ["zsh", "_outscale-chroot"],
    ["fish", "outscale-chroot.fish"],
  ])("has the completion for %s as a file", async (shell, name) => {
    const printed = await installed.command(["completion", shell], { cwd: "/" });
    expect(await readFile(join(installed.packageFolder, "dist/completions", name), "utf8")).toBe(printed);
  });

  requirePrograms("man")("the man page", () => {
    it("is where npm finds it, and man shows it without a complaint", async () => {
      const { man } = JSON.parse(await readFile(join(installed.packageFolder, "package.json"), "utf8"));
      const argv = ["man", "--warnings", "--local-file", join(installed.packageFolder, man)];
      const env = { PATH: process.env.PATH ?? "", MANPAGER: "cat", MANWIDTH: "80", LC_ALL: "C.UTF-8" };
      const { stdout, stderr } = await hostRunner().run(argv, { env });
      expect(stderr).toBe("");
      expect(stdout).toMatch(/^ +build \[flags\] TEMPLATE$/m);
      expect(stdout).toMatch(/^ +-on-error cleanup\|abort\|ask\|run-cleanup-provisioner$/m);
    });
  });

  it("is as large as the changelog says", () => {
    const [, packed, unpacked] =
      /npm package .*: ([\d.]+) MB, ([\d.]+) MB unpacked/.exec(readFileSync("CHANGELOG.md", "utf8")) ?? [];
    for (const [stated, bytes] of [
      [packed, installed.packedBytes],
      [unpacked, installed.unpackedBytes],
    ] as const) {
      expect(bytes / 1e6).toBeGreaterThan(Number(stated) * 0.8);
      expect(bytes / 1e6).toBeLessThan(Number(stated) * 1.2);
    }
  });

  it("has nothing superfluous", () => {
    const tops = new Set(filesOf(installed.packageFolder).map((name) => name.split("/")[0]));
    const pages = ["CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md", "package.json"];
    expect([...tops].sort()).toEqual([...pages, "bin", "dist", "docs", "examples"].sort());
    const strange = filesOf(installed.packageFolder).filter((name) =>
      /\.test\.|\.map$|tests\/|(?<!\.d)\.ts$/.test(name),
    );
    expect(strange).toEqual([]);
  });
});

function filesOf(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
