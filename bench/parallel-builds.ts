import { spawn } from "node:child_process";
import { once } from "node:events";
import { Builder } from "../src/builder/builder.ts";
import { type Bakery, idleHook, openBakery } from "../tests/support/bake/bake.ts";
import { RecordingUi } from "../tests/support/terminal/recording-ui.ts";

// How long four builds at once on one VM take, against one, where a volume takes 5 s to be created: four times as long
// when they wait for each other, hardly longer when they do not. As root:
//
//   npx rolldown bench/parallel-builds.ts --dir node_modules/.cache/bench --platform node --format esm \
//     --transform.target node20 && node node_modules/.cache/bench/parallel-builds.js

const BUILDS = 4;
const ROUNDS = 3;
const LATENCY = { "volume.creating": 5_000 } as const;

const configOf = (source: string, name: string) => ({ source_omi: source, omi_name: name, boot_check: "off" });

/** One build in a process of its own: `node BENCH build SOURCE NAME`, the cloud in the environment. */
async function buildHere(source: string, name: string): Promise<void> {
  const builder = new Builder();
  builder.prepareRaw(configOf(source, name));
  await builder.run({ ui: new RecordingUi(), hook: idleHook });
}

async function buildInProcess(bakery: Bakery, source: string, name: string): Promise<void> {
  const child = spawn(process.execPath, [process.argv[1] ?? "", "build", source, name], {
    env: { ...process.env, ...bakery.env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`The build ${name} ended with ${code}`);
}

/** Registers the seeded system as an OMI of the builder's own, so that no build has to copy it. */
async function registerSource({ api, cloud }: Bakery): Promise<string> {
  const { Images } = await api.readImages({ Filters: { AccountAliases: ["Outscale"] } });
  const copy = { ImageName: "source", SourceImageId: Images[0]?.ImageId, SourceRegionName: "eu-west-2" };
  const { Image } = await api.createImage(copy);
  await cloud.idle();
  return Image.ImageId;
}

async function timeMs(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

async function measure(): Promise<void> {
  const bakery = await openBakery("bench-parallel", { latency: LATENCY });
  try {
    const source = await registerSource(bakery);
    let count = 0;
    const name = () => `built-${++count}`;
    const four = (build: () => Promise<unknown>) => Promise.all(Array.from({ length: BUILDS }, build));
    const here = () => bakery.bake(configOf(source, name()));
    const apart = () => buildInProcess(bakery, source, name());
    const subjects = [
      ["one build", here],
      [`${BUILDS} builds in one process`, () => four(here)],
      ["one build in a process of its own", apart],
      [`${BUILDS} builds in ${BUILDS} processes`, () => four(apart)],
    ] as const;
    const times = new Map<string, number[]>(subjects.map(([title]) => [title, []]));
    // In turn, so that a change of the machine's load meets all of them.
    for (let round = 0; round < ROUNDS; round++) {
      for (const [title, run] of subjects) times.get(title)?.push(await timeMs(run));
    }
    const medians = subjects.map(([title]) => median(times.get(title) ?? []));
    for (const [index, [title]] of subjects.entries()) {
      const ratio = (medians[index] ?? 0) / (medians[index - (index % 2)] ?? 1);
      const alone = index % 2 === 0 ? "" : `  ${ratio.toFixed(2)} x of one`;
      console.log(`${title.padEnd(36)} ${((medians[index] ?? 0) / 1000).toFixed(2)} s${alone}`);
    }
  } finally {
    await bakery.close();
  }
}

const [, , mode, source = "", name = ""] = process.argv;
await (mode === "build" ? buildHere(source, name) : measure());
