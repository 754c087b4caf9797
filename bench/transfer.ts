import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTreeJob } from "../src/chroot/tree-job.ts";

// How fast folders go into an image, against `cp -a`, which is the limit for a copy of the same fidelity. As root:
//
//   npm run bench transfer

const ROUNDS = 5;
const bench = mkdtempSync(join(tmpdir(), "bench-transfer-"));
// A new ext4 with a journal, as images have: without a journal ext4 does not use the inodes of deleted files again for
// five seconds, and searching past those of the last round is then all that is measured.
const folder = join(bench, "image");
mkdirSync(folder);
execFileSync("truncate", ["--size=4G", join(bench, "disk.raw")]);
execFileSync("mkfs.ext4", ["-q", "-F", join(bench, "disk.raw")]);
execFileSync("mount", ["-o", "loop", join(bench, "disk.raw"), folder]);
process.on("exit", () => {
  execFileSync("umount", [folder]);
  rmSync(bench, { recursive: true });
});

interface Subject {
  readonly name: string;
  readonly megabytes: number;
  make(root: string): void;
}

const subjects: Subject[] = [
  {
    name: "10,000 files of 4 KiB",
    megabytes: (10_000 * 4096) / 1e6,
    make: (root) => {
      for (let i = 0; i < 100; i += 1) {
        mkdirSync(join(root, `${i}`), { recursive: true });
        for (let j = 0; j < 100; j += 1) writeFileSync(join(root, `${i}/${j}`), Buffer.alloc(4096, j));
      }
    },
  },
  {
    name: "4 files of 128 MiB",
    megabytes: (4 * 128 * 1024 ** 2) / 1e6,
    make: (root) => {
      mkdirSync(root);
      const chunk = Buffer.alloc(1024 ** 2, 1);
      for (let i = 0; i < 4 * 128; i += 1) appendFileSync(join(root, `${i % 4}`), chunk);
    },
  },
];

/** Milliseconds that a copy takes. */
async function time(copy: (target: string) => unknown): Promise<number> {
  const target = join(folder, "target");
  const startedAt = process.hrtime.bigint();
  await copy(target);
  const elapsedMs = Number(process.hrtime.bigint() - startedAt) / 1e6;
  rmSync(target, { recursive: true });
  return elapsedMs;
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] as number;
}

for (const { name, megabytes, make } of subjects) {
  const source = join(folder, "source");
  make(source);
  const job = {
    fromRoot: "/",
    from: source,
    toRoot: folder,
    to: "/target",
    exclude: [],
    followFolderLinks: true,
    keepPrivileges: true,
    overwritesFiles: true,
  };
  const times: Record<"cp" | "ours", number[]> = { cp: [], ours: [] };
  // In turn, so that what else the machine does meets both.
  for (let round = 0; round < ROUNDS; round += 1) {
    times.cp.push(await time((target) => execFileSync("cp", ["-a", source, target])));
    times.ours.push(await time(() => runTreeJob(job)));
  }
  const [cp, ours] = [median(times.cp), median(times.ours)];
  const rates = [cp, ours].map((ms) => `${ms.toFixed(0)} ms, ${((megabytes / ms) * 1000).toFixed(0)} MB/s`);
  console.log(`${name}: cp -a ${rates[0]}; ours ${rates[1]}; ratio ${(ours / cp).toFixed(2)}`);
  rmSync(source, { recursive: true });
}
const peakMib = process.resourceUsage().maxRSS / 1024;
console.log(`peak memory of this process: ${peakMib.toFixed(0)} MiB`);
