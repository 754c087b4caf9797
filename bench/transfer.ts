import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Hook } from "../src/builder/hook.ts";
import { runTreeJob } from "../src/chroot/tree-job.ts";
import { openBakery, publicSource } from "../tests/support/bake/bake.ts";
import { figuresOf, milliseconds, tell, timeMs } from "./lib/measure.ts";

// How fast folders go into an image, against `cp -a`, which is the limit for a copy of the same fidelity. As root:
//
//   npm run bench transfer

const ROUNDS = 5;
/** In memory, so that nobody else's disk traffic is measured. */
const bench = mkdtempSync("/dev/shm/bench-transfer-");
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

const median = (times: readonly number[]) => figuresOf(times).median;

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
  const details = `cp -a ${rates[0]}; ours ${rates[1]}`;
  tell({ measure: `copying ${name}`, value: cp / ours, atLeast: 1, unit: " x the speed of cp -a", details });
  rmSync(source, { recursive: true });
}
const peakMib = process.resourceUsage().maxRSS / 1024;
console.log(`peak memory of this process: ${peakMib.toFixed(0)} MiB`);

/** One file with nothing in it but a hole, uploaded by a build into its image; `cp -a` of the same beside it. */
async function measureSparse(): Promise<void> {
  const source = join(folder, "sparse");
  execFileSync("truncate", ["--size=1G", source]);
  const cp: number[] = [];
  const ours: number[] = [];
  const provision: Hook["provision"] = async ({ communicator }) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      cp.push(await timeMs(() => execFileSync("cp", ["-a", source, join(folder, "copy")])));
      ours.push(await timeMs(() => communicator.uploadFile("/srv/sparse", source, { mode: 0o644 })));
    }
  };
  const bakery = await openBakery("bench-sparse");
  try {
    await bakery.bake({ ...publicSource, omi_name: "sparse" }, { hook: { provision } });
  } finally {
    await bakery.cloud.idle();
    await bakery.close();
  }
  const [limit, took] = [figuresOf(cp), figuresOf(ours)];
  const details = `cp -a ${milliseconds(limit)}; ours ${milliseconds(took)}`;
  const value = limit.median / took.median;
  tell({ measure: "uploading a sparse GiB", value, atLeast: 0.5, unit: " x the speed of cp -a", details });
}

await measureSparse();
