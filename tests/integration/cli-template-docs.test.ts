import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandsPage } from "../../scripts/commands-page.ts";
import { commands } from "../../src/cli/commands.ts";
import { findCommand } from "../../src/cli/find-command.ts";
import { parseFlags } from "../../src/cli/flags.ts";
import { runProgram } from "../../src/run-program.ts";
import { fencedBlocks, shellExamples } from "../support/docs/shell-examples.ts";
import { type CloudWithImages, startCloudWithImages } from "../support/local-cloud/account-with-images.ts";
import { recordingIo } from "../support/terminal/recording-io.ts";

/** Commands that change nothing but the files that they are given: their examples are run. */
const HARMLESS = [
  "validate",
  "inspect",
  "plan",
  "fmt",
  "console",
  "completion",
  "schema",
  "help",
  "version",
  "--version",
];

let folder: string;
let clouds: CloudWithImages;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-docs-"));
  clouds = await startCloudWithImages(join(folder, "cloud"));
  await clouds.addImage("outscale", "Debian-12-2026.11", { isPublic: true });
  const [readme = ""] = fencedBlocks(await readFile("README.md", "utf8"), "hcl");
  await writeFile(join(folder, "readme.pkr.hcl"), readme);
  // What the examples call web.pkr.hcl has a variable for the name, too.
  const named = readme.replace(/^( *omi_name *= ).*$/m, "$1var.omi_name");
  await writeFile(join(folder, "web.pkr.hcl"), `variable "omi_name" {\n  default = "web"\n}\n\n${named}`);
});
afterAll(async () => {
  await clouds.cloud.close();
  await rm(folder, { recursive: true, force: true });
});

async function run(argv: readonly string[]) {
  const io = recordingIo({ env: clouds.env });
  return { exitCode: await runProgram(argv, io), ...io.written };
}

describe("docs/commands.md", () => {
  it("is what the commands say of themselves; npm run docs makes it", async () => {
    const tidy = (text: string) => text.replace(/ +\|/g, " |").replace(/-{3,}/g, "---");
    expect(tidy(await readFile("docs/commands.md", "utf8"))).toBe(tidy(await commandsPage()));
  });
});

describe("the template of README.md", () => {
  it("is the one that npm start bakes", async () => {
    const withoutComments = (text: string) => text.replace(/^ *#.*\n/gm, "").trim();
    const [readme = ""] = fencedBlocks(await readFile("README.md", "utf8"), "hcl");
    expect(withoutComments(readme)).toBe(withoutComments(await readFile("examples/quickstart.pkr.hcl", "utf8")));
  });

  it.each(["validate", "plan", "fmt -check"])("passes %s", async (command) => {
    expect(await run([...command.split(" "), join(folder, "readme.pkr.hcl")])).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
  });
});

describe("examples of README.md and docs/", () => {
  const examples = shellExamples();

  it("have one for every command", () => {
    const named = new Set(examples.map(({ argv }) => argv[0]));
    expect(Object.keys(commands).filter((name) => !named.has(name))).toEqual([]);
  });

  it.each(examples.map((example) => [example.title, example] as const))("%s", async (_, { argv }) => {
    const [name = ""] = argv;
    if (!HARMLESS.includes(name)) {
      const { command, argv: rest } = await findCommand(argv);
      expect(() => parseFlags(command.flags, rest)).not.toThrow();
      return;
    }
    const here: Readonly<Record<string, string>> = {
      "web.pkr.hcl": join(folder, "web.pkr.hcl"),
      ".": folder,
      templates: folder,
    };
    const { exitCode, stderr } = await run(argv.map((word) => here[word] ?? word));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });
});
