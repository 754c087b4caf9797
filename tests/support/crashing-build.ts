// A build that kills its own process (SIGKILL) at one point: `node BUNDLE POINT CONFIG`, the cloud in the environment.
// A point is a journal entry that has just been written, or an API call that has just been answered. With POINT 0 it
// lives, and prints how many points there were.
import { Builder } from "../../src/builder/builder.ts";
import type { DebugLog } from "../../src/common/log.ts";
import { hastyClock } from "./hasty-clock.ts";
import { RecordingUi } from "./recording-ui.ts";

const [, , point = "0", config = "{}"] = process.argv;
let seen = 0;
const log: DebugLog = {
  write: ({ kind }) => {
    if (kind !== "journal" && kind !== "api") return;
    seen++;
    if (seen === Number(point)) process.kill(process.pid, "SIGKILL");
  },
};
const builder = new Builder({ log, clock: hastyClock() });
builder.prepare(JSON.parse(config));
const hook = {
  provision: async ({ communicator }: { communicator: { start(command: { command: string }): Promise<unknown> } }) => {
    await communicator.start({ command: "echo baked > /etc/baked" });
  },
};
await builder.run({ ui: new RecordingUi(), hook });
process.stdout.write(`${seen}\n`);
