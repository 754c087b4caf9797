import { fuzzPlugin, type Outcome } from "../tests/support/packer-plugin/fuzz-plugin.ts";
import { Random } from "../tests/support/suite/random.ts";

// The Packer plugin under nonsense, for as long as one likes: every run must answer or end its connection, and memory must
// not grow. A run is repeated by its seed.
//
//   npm run bench plugin-fuzz [RUNS] [SEED]

const [runs = 200_000, firstSeed = 1] = process.argv.slice(2).map(Number);
const outcomes: Record<Outcome, number> = { answers: 0, closed: 0 };
const startedAt = performance.now();
const memoryMib = () => Math.round(process.memoryUsage().rss / 1024 ** 2);

process.on("unhandledRejection", (error) => {
  console.error(error);
  process.exit(1);
});

for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
  const timer = setTimeout(() => {
    console.error(`Seed ${seed} hangs`);
    process.exit(1);
  }, 30_000);
  outcomes[await fuzzPlugin(new Random(seed))]++;
  clearTimeout(timer);
  if ((seed - firstSeed + 1) % 50_000 === 0) console.log(`${seed - firstSeed + 1} runs, ${memoryMib()} MiB`);
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
console.log(
  `${runs} runs in ${seconds} s: ${outcomes.answers} answered, ${outcomes.closed} closed; ${memoryMib()} MiB`,
);
