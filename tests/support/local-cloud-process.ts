// The local cloud as a process of its own, for tests that kill it: `node BUNDLE STATE_FOLDER` prints where it answers.
import { startLocalCloud } from "../../src/local-cloud/local-cloud.ts";

const [, , stateFolder = ""] = process.argv;
const cloud = await startLocalCloud({ stateFolder });
process.stdout.write(
  `${JSON.stringify({ endpoint: cloud.endpoint, vmId: cloud.vmId, ...cloud.account("builder") })}\n`,
);
process.once("SIGTERM", () => void cloud.close());
