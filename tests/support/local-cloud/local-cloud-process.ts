// The local cloud as a process of its own, for tests that kill it: `node BUNDLE STATE_FOLDER` prints where it answers.
import type { DebugLog } from "../../../src/common/log.ts";
import { startLocalCloud } from "../../../src/local-cloud/start-local-cloud.ts";

const [, , stateFolder = ""] = process.argv;
/** A note tells of work that failed: a test that fails later shows why. */
const log: DebugLog = { write: (entry) => entry.kind === "note" && process.stderr.write(`${entry.message}\n`) };
const cloud = await startLocalCloud({ stateFolder, log });
process.stdout.write(
  `${JSON.stringify({ endpoint: cloud.endpoint, vmId: cloud.vmId, ...cloud.account("builder") })}\n`,
);
process.once("SIGTERM", () => void cloud.close());
