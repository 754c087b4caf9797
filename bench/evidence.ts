import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ImageScans } from "../src/evidence/image-scans.ts";

// How long it takes to find out what differs between an image and a copy of it in which a few files are others, against
// `find -printf`, which is the limit for one walk. As root:
//
//   npm run bench evidence

const FOLDERS = 2_000;
const FILES = 100;
const ROUNDS = 3;
const bench = mkdtempSync(join(tmpdir(), "bench-evidence-"));
process.on("exit", () => {
  execFileSync("umount", [join(bench, "image")]);
  rmSync(bench, { recursive: true });
});
const root = join(bench, "image");
mkdirSync(root);
execFileSync("truncate", ["--size=4G", join(bench, "disk.raw")]);
execFileSync("mkfs.ext4", ["-q", "-F", "-N", "400000", join(bench, "disk.raw")]);
execFileSync("mount", ["-o", "loop", join(bench, "disk.raw"), root]);
for (let folder = 0; folder < FOLDERS; folder++) {
  mkdirSync(join(root, `usr/share/${folder}`), { recursive: true });
  for (let file = 0; file < FILES; file++) writeFileSync(join(root, `usr/share/${folder}/${file}`), `${file}`);
}

async function time(work: () => unknown): Promise<number> {
  const startedAt = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - startedAt) / 1e6;
}

const input = { root, mountPoints: ["/"], foreignMounts: [], files: true };
console.log(`${FOLDERS * FILES} files, the best of ${ROUNDS}`);
for (const [name, work] of [
  [
    "find -printf",
    () => execFileSync("find", [root, "-printf", "%p %s %T@ %C@ %m %U %G %i\n"], { maxBuffer: 2 ** 30 }),
  ],
  ["scan twice and compare", scanTwice],
] as const) {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await time(work));
  console.log(`${name.padEnd(24)} ${(Math.min(...times) / 1000).toFixed(2)} s`);
}

async function scanTwice(): Promise<void> {
  await using scans = new ImageScans();
  await scans.scan("before", input);
  for (let folder = 0; folder < 10; folder++) writeFileSync(join(root, `usr/share/${folder}/new`), "new");
  await scans.scan("after", input);
  await scans.compare({ names: ["before", "after"], areBothThere: false });
}
