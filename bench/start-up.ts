import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inTurn, milliseconds, tell } from "./lib/measure.ts";
import { runProgram } from "./lib/run-program.ts";

// What the command line costs before it does anything, against an empty program of Node; and how reading a template grows
// with its lines. After `npm run build`:
//
//   npm run bench start-up

const PROGRAM = "bin/outscale-chroot";
const ROUNDS = 15;
const LINES = [100, 1_000, 10_000];

if (!existsSync("dist")) throw new Error("dist is missing: npm run build");
const folder = mkdtempSync(join(tmpdir(), "bench-start-up-"));
process.on("exit", () => rmSync(folder, { recursive: true }));

const SMALL = `
variable "region" {
  type    = string
  default = "eu-west-2"
}

source "outscale-chroot" "debian" {
  omi_name = "web"
  region   = var.region
  source_omi_filter {
    filters     = { image-name = "Debian-12-*" }
    owners      = ["Outscale"]
    most_recent = true
  }
}

build {
  sources = ["source.outscale-chroot.debian"]
  provisioner "shell" {
    inline = ["apt-get update", "apt-get install -y nginx"]
  }
}
`;

/** A template of so many more lines: locals, each of which uses one before it. */
function templateOf(lines: number): string {
  const locals = Array.from({ length: lines }, (_, index) => {
    const before = index < 7 ? '"a"' : `local.l${index - 7}`;
    return `  l${index} = substr("\${upper(${before})}-${index}", 0, 12)`;
  });
  return `locals {\n${locals.join("\n")}\n}\n${SMALL}`;
}

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const empty = write("empty.mjs", "");
const small = write("small.pkr.hcl", SMALL);
const run = (argv: readonly string[]) => async () => (await runProgram(argv)).wallMs;

const [bare, version, validate] = await inTurn(
  [
    { name: "node", run: run([process.execPath, empty]) },
    { name: "version", run: run([PROGRAM, "--version"]) },
    { name: "validate", run: run([PROGRAM, "validate", small]) },
  ],
  ROUNDS,
);
if (bare === undefined || version === undefined || validate === undefined) throw new Error("Nothing was measured");
for (const [measure, figures, atMost] of [
  ["--version", version, 1.3],
  ["validate of a small template", validate, 3],
] as const) {
  const details = `${milliseconds(figures)}; bare node ${milliseconds(bare)}`;
  tell({ measure, value: figures.median / bare.median, atMost, unit: " x bare node", details });
}

const large = LINES.map((lines) => write(`lines-${lines}.pkr.hcl`, templateOf(lines)));
const growth = await inTurn(
  large.map((path) => ({ name: path, run: run([PROGRAM, "validate", path]) })),
  3,
);
const [, , longest] = growth;
if (longest === undefined) throw new Error("Nothing was measured");
const details = LINES.map((lines, index) => `${lines} lines ${milliseconds(growth[index] ?? longest)}`).join("; ");
const value = longest.median / bare.median;
tell({ measure: "validate of 10,000 lines", value, atMost: 30, unit: " x bare node", details });
