// Copies an OMI into other regions and kills its own process (SIGKILL) at one point: `node BUNDLE POINT METHOD`, with the
// cloud in the environment. A point is a journal entry that has just been written, or a call with its answer; or the kind of
// the first thing that is announced. With 0 it lives, and prints how many points there were.
import { copyOmi } from "../../../src/bake/omis/copy-omi.ts";
import type { DebugLog } from "../../../src/common/log.ts";
import { RecordingUi } from "../terminal/recording-ui.ts";

const [point = "0", method] = process.argv.slice(2);
let seen = 0;
const log: DebugLog = {
  write: (line) => {
    if (line.kind !== "journal" && line.kind !== "api") return;
    seen++;
    const announced = line.kind === "journal" ? (line.entry as { readonly kind?: string }).kind : undefined;
    if (seen === Number(point) || announced === point) process.kill(process.pid, "SIGKILL");
  },
};
const { copies } = await copyOmi({
  ...{ omi: "web", bucket: "made-on-the-way", createBucket: true, ui: new RecordingUi(), log },
  targets: [{ region: "us-east-2" }, { region: "ap-northeast-1" }],
  method: method === "snapshots" ? "snapshots" : "image",
});
if (copies.some(({ outcome }) => outcome !== "copied")) throw new Error("A copy failed");
process.stdout.write(`${seen}\n`);
