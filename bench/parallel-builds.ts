import { spawn } from "node:child_process";
import { once } from "node:events";
import { Builder } from "../src/builder/builder.ts";
import type { BuildEvent } from "../src/builder/events.ts";
import { type Bakery, idleHook, openBakery } from "../tests/support/bake/bake.ts";
import { RecordingUi } from "../tests/support/terminal/recording-ui.ts";
import { figuresOf, inTurn, seconds, tell, timeMs } from "./lib/measure.ts";
import { registerSource } from "./lib/source-image.ts";

// Many builds at once on one VM: as long as one, or as long as all of them in a row when they wait for each other. As root:
//
//   npm run bench parallel-builds

const ROUNDS = 3;
const AT_ONCE = 8;
/** A VM takes 40 volumes. */
const MOST_AT_ONCE = 32;
const SLOW = { "volume.creating": 5_000 } as const;

/** What a process with builds tells the one that measures. */
interface Told {
  readonly peakMib: number;
  readonly elapsedMs: number;
  /** How long each build waited for the device lock, in milliseconds. */
  readonly lockMs: readonly number[];
}

const configOf = (source: string, name: string) => ({
  source_omi: source,
  omi_name: name,
  boot_check: "off",
  mount_path: `${process.env.BENCH_FOLDER}/mnt/{{.Device}}`,
});

/** `node BENCH build SOURCE NAME COUNT`, the cloud in the environment: so many builds in this process. */
async function buildHere(source: string, name: string, count: number): Promise<void> {
  const startedAt = performance.now();
  const lockMs: number[] = [];
  const onEvent = (event: BuildEvent) => {
    if (event.type === "step-ended" && event.step === "StepFlock") lockMs.push(event.elapsedMs);
  };
  let begun = 0;
  const worker = async () => {
    for (let index = begun++; index < count; index = begun++) {
      const builder = new Builder();
      builder.prepareRaw(configOf(source, `${name}-${index}`));
      await builder.run({ ui: new RecordingUi(), hook: idleHook, onEvent });
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, MOST_AT_ONCE) }, worker));
  const told: Told = {
    peakMib: process.resourceUsage().maxRSS / 1024,
    elapsedMs: performance.now() - startedAt,
    lockMs,
  };
  console.log(JSON.stringify(told));
}

let built = 0;

/** Builds in a process of their own. */
async function buildIn(bakery: Bakery, source: string, count = 1): Promise<Told> {
  const args = [process.argv[1] ?? "", "build", source, `built-${++built}`, String(count)];
  const env = { ...process.env, ...bakery.env, BENCH_FOLDER: bakery.folder };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`Builds ended with ${code}`);
  return JSON.parse(Buffer.concat(chunks).toString());
}

/** Eight builds against one, where a volume takes 5 s to be created. */
async function measureSide(bakery: Bakery, source: string): Promise<void> {
  const together = (count: number) => timeMs(() => buildIn(bakery, source, count));
  const apart = () => timeMs(() => Promise.all(Array.from({ length: AT_ONCE }, () => buildIn(bakery, source))));
  const [one, inOne, inMany] = await inTurn(
    [
      { name: "one", run: () => together(1) },
      { name: "together", run: () => together(AT_ONCE) },
      { name: "apart", run: apart },
    ],
    ROUNDS,
  );
  if (one === undefined || inOne === undefined || inMany === undefined) throw new Error("Nothing was measured");
  for (const [where, figures] of [
    ["one process", inOne],
    [`${AT_ONCE} processes`, inMany],
  ] as const) {
    tell({
      measure: `${AT_ONCE} builds in ${where}, a volume takes 5 s`,
      value: figures.median / one.median,
      atMost: 1.15,
      unit: " x of one build",
      details: `one ${seconds(one)}; ${AT_ONCE} ${seconds(figures)}`,
    });
  }
}

/** How the cost grows with builds that all come at once, where the service takes no time. */
async function measureGrowth(bakery: Bakery, source: string): Promise<void> {
  const rows: string[] = [];
  for (const count of [1, 8, 32, 64]) {
    const told: Told[] = [];
    for (let round = 0; round < (count > 8 ? 1 : ROUNDS); round++) told.push(await buildIn(bakery, source, count));
    const elapsed = figuresOf(told.map(({ elapsedMs }) => elapsedMs));
    const peak = figuresOf(told.map(({ peakMib }) => peakMib));
    const lock = figuresOf(told.map(({ lockMs }) => Math.max(...lockMs)));
    rows.push(
      `${String(count).padStart(2)} builds: ${seconds(elapsed)}, ${(elapsed.median / count / 1000).toFixed(2)} s each, ` +
        `${(lock.median / 1000).toFixed(2)} s for the lock at most, ${peak.median.toFixed(0)} MiB`,
    );
    if (count === 32)
      tell({
        measure: "32 builds in one process, the service takes no time: behind the lock",
        value: lock.median / 1000 / count,
        atMost: 0.15,
        unit: " s a build",
        details: `the last one had the lock after ${seconds(lock)}`,
      });
    if (count === 64)
      tell({ measure: "64 builds in one process, 32 at a time", value: peak.max, atMost: 250, unit: " MiB" });
  }
  console.log(rows.map((row) => `       ${row}`).join("\n"));
}

async function withBakery(
  name: string,
  latency: Readonly<Record<string, number>>,
  measure: (bakery: Bakery, source: string) => Promise<void>,
): Promise<void> {
  const bakery = await openBakery(name, { latency });
  try {
    await measure(bakery, (await registerSource(bakery)).imageId);
  } finally {
    await bakery.cloud.idle();
    await bakery.close();
  }
}

const [, , mode, source = "", name = "", count = "1"] = process.argv;
if (mode === "build") await buildHere(source, name, Number(count));
else {
  await withBakery("bench-parallel", SLOW, measureSide);
  await withBakery("bench-growth", {}, measureGrowth);
}
