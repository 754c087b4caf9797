import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalCloud } from "../src/local-cloud/start-local-cloud.ts";
import { fuzzLocalCloud, type Outcome } from "../tests/support/local-cloud/fuzz-local-cloud.ts";
import { signedCall } from "../tests/support/local-cloud/signed-call.ts";
import { Random } from "../tests/support/suite/random.ts";

// The local cloud under nonsense, for as long as one likes: every connection must be answered or closed, and memory must
// not grow. The same seed sends the same bytes.
//
//   npm run bench local-cloud-fuzz [CONNECTIONS] [SEED]

const [wanted = 100_000, seed = 1] = process.argv.slice(2).map(Number);
const AT_A_TIME = 16;
const outcomes: Record<Outcome, number> = { answered: 0, closed: 0, left: 0 };
const startedAt = performance.now();
const memoryMib = () => Math.round(process.memoryUsage().rss / 1024 ** 2);
const random = new Random(seed);
const folder = await mkdtemp(join(tmpdir(), "local-cloud-fuzz-"));
const cloud = await startLocalCloud({ stateFolder: folder, blocks: "memory" });
const caller = { endpoint: cloud.endpoint, ...cloud.account("builder") };
let sent = 0;

process.on("unhandledRejection", (error) => {
  console.error(error);
  process.exit(1);
});

while (sent < wanted) {
  const timer = setTimeout(() => {
    console.error(`A connection after the first ${sent} hangs`);
    process.exit(1);
  }, 30_000);
  await Promise.all(Array.from({ length: AT_A_TIME }, async () => outcomes[await fuzzLocalCloud(random, caller)]++));
  clearTimeout(timer);
  sent += AT_A_TIME;
  if (sent % 10_000 < AT_A_TIME) console.log(`${sent} connections, ${memoryMib()} MiB`);
}
const { status } = await signedCall(caller, "ReadVms");
await cloud.close();
await rm(folder, { recursive: true });
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
const { answered, closed, left } = outcomes;
console.log(`${sent} in ${seconds} s: ${answered} answered, ${closed} closed, ${left} left; then ReadVms ${status}`);
