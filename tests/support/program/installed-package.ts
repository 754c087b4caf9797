import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { hostRunner } from "../../../src/host/run-command.ts";

/** A project of somebody else, in which the packed project is installed as npm installs it. */
export interface InstalledPackage {
  /** The other project. */
  readonly folder: string;
  /** The package inside it. */
  readonly packageFolder: string;
  /** Of the archive, and of all files in it. */
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  /** Compiles every `.ts` file of the project, as strictly as TypeScript can. @throws {CommandError} with the problems */
  compile(): Promise<void>;
  /** Runs a program of the project, compiled before, in its folder. @returns what it printed */
  run(file: string, env?: Readonly<Record<string, string>>): Promise<string>;
  /** Runs the installed command in another folder. @returns what it printed */
  command(argv: readonly string[], options: CommandOptions): Promise<string>;
  remove(): Promise<void>;
}

interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 300_000;
const INSTALL_OFFLINE = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund"];

/** The strictest there is, and the types of the package are checked, too. */
const tsconfig = {
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2023", "ESNext.Disposable"],
    module: "NodeNext",
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    verbatimModuleSyntax: true,
    declaration: true,
    outDir: "out",
  },
  include: ["*.ts"],
};

/**
 * Packs what this project was built to last, and installs it, without the network. It is not built here, as npm would: others
 * run it meanwhile.
 */
export async function installPackage(): Promise<InstalledPackage> {
  const base = await realpath(await mkdtemp(join(tmpdir(), "installed-package-")));
  const folder = join(base, "project");
  await mkdir(folder);
  const { stdout } = await run(["npm", "pack", "--ignore-scripts", "--json", "--pack-destination", base], { cwd: "." });
  const tarball = join(base, tarballName(stdout));
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
  await writeFile(join(folder, "package.json"), JSON.stringify(await manifest(tarball)));
  await run(["npm", "install", ...INSTALL_OFFLINE], { cwd: folder });
  return {
    folder,
    packageFolder: join(folder, "node_modules/outscale-chroot"),
    packedBytes: numberOf(stdout, "size"),
    unpackedBytes: numberOf(stdout, "unpackedSize"),
    compile: async () => void (await run([process.execPath, compiler(), "--project", folder], { cwd: folder })),
    run: async (file, env) => {
      const argv = [process.execPath, join(folder, "out", file.replace(/\.ts$/, ".js"))];
      return (await run(argv, { cwd: folder, env })).stdout;
    },
    command: async (argv, { cwd, env }) => {
      const program = join(folder, "node_modules/.bin/outscale-chroot");
      return (await run([program, ...argv], { cwd, env })).stdout;
    },
    remove: () => rm(base, { recursive: true }),
  };
}

/** The end of the output is npm's answer; what builds the package prints before it. */
function tarballName(output: string): string {
  const [, name = ""] = /"filename": "([^"]+)"/.exec(output) ?? [];
  return name;
}

/** npm's answer has the files first, which have sizes too; those of the package stand with two blanks less. */
function numberOf(output: string, field: string): number {
  return Number(new RegExp(`^ {4}"${field}": (\\d+)`, "m").exec(output)?.[1]);
}

/** Its dependencies are those of this project: what is not declared is not there. */
async function manifest(tarball: string) {
  const { dependencies } = JSON.parse(await readFile("package.json", "utf8"));
  const theirs = ["ansi-regex", "get-east-asian-width", "safer-buffer", "strip-ansi"];
  const needed = [...Object.keys(dependencies), ...theirs, "@types/node", "undici-types"];
  const local = needed.map((name) => [name, `file:${resolve("node_modules", name)}`]);
  const all = { ...Object.fromEntries(local), "outscale-chroot": `file:${tarball}` };
  return { name: "project", private: true, type: "module", dependencies: all };
}

function compiler(): string {
  return join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
}

function run(argv: readonly string[], { cwd, env }: { readonly cwd: string; readonly env?: Environment | undefined }) {
  const { PATH = "", HOME = "/root", TMPDIR = tmpdir() } = process.env;
  return hostRunner().run(argv, { cwd, env: { PATH, HOME, TMPDIR, ...env }, timeoutMs: TIMEOUT_MS });
}

type Environment = Readonly<Record<string, string>>;
