// Bakes a template, or goes on with a run, and kills its own process (SIGKILL) at one point: `node BUNDLE OPTIONS`, see
// CrashBakeOptions in killed-bake.ts, with the cloud in the environment. A point is an entry of the debug log that has just been
// written. With `point: 0` it lives, and prints how many points there were.
import { bake } from "../../../src/bake/bake.ts";
import { resume } from "../../../src/bake/resume.ts";
import { messageOf } from "../../../src/common/errors.ts";
import type { DebugLog } from "../../../src/common/log.ts";
import { hastyClock } from "./hasty-clock.ts";
import type { CrashBakeOptions } from "./killed-bake.ts";

const { point, template, run }: CrashBakeOptions = JSON.parse(process.argv[2] ?? "{}");
let seen = 0;
const log: DebugLog = {
  write: ({ kind }) => {
    if (kind !== "journal" && kind !== "api" && kind !== "command") return;
    seen++;
    if (seen === point) process.kill(process.pid, "SIGKILL");
  },
};
const common = { log, clock: hastyClock(), history: false, onError: "abort" } as const;
const { builds } = await (run === undefined ? bake({ ...common, template }) : resume({ ...common, run }));
const [build] = builds;
if (build?.error !== undefined) process.stderr.write(`${messageOf(build.error)}\n`);
process.stdout.write(`${seen}\n`);
process.exitCode = build?.outcome === "done" ? 0 : 10;
