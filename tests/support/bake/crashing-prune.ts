// Removes OMIs and kills its own process (SIGKILL) at one point: `node BUNDLE POINT PATTERN`, with the cloud in the
// environment. A point is a journal entry that has just been written, or an API call with its answer. With 0 it lives, and
// prints how many points there were.
import { pruneImages } from "../../../src/bake/omis/prune-images.ts";
import type { DebugLog } from "../../../src/common/log.ts";
import { RecordingUi } from "../terminal/recording-ui.ts";
import { hastyClock } from "./hasty-clock.ts";

const [point = "0", pattern = ""] = process.argv.slice(2);
let seen = 0;
const log: DebugLog = {
  write: ({ kind }) => {
    if (kind !== "journal" && kind !== "api") return;
    seen++;
    if (seen === Number(point)) process.kill(process.pid, "SIGKILL");
  },
};
await pruneImages({ names: [pattern], keep: 0, dryRun: false, ui: new RecordingUi(), clock: hastyClock(), log });
process.stdout.write(`${seen}\n`);
