// A build that kills its own process (SIGKILL) at one point: `node BUNDLE OPTIONS`, see CrashOptions in killed-build.ts,
// with the cloud in the environment. A point is an entry of the debug log that has just been written: a journal entry,
// an API call with its answer, or a command that has ended. With `point: 0` it lives, and prints how many points there were.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Builder } from "../../../src/builder/builder.ts";
import type { Hook } from "../../../src/builder/hook.ts";
import type { DebugLog, LogEntry } from "../../../src/common/log.ts";
import { secrets } from "../../../src/common/secrets.ts";
import { RecordingUi } from "../terminal/recording-ui.ts";
import { hastyClock } from "./hasty-clock.ts";
import type { CrashOptions } from "./killed-build.ts";

const { point, config, kinds, isEverythingSecret, made }: CrashOptions = JSON.parse(process.argv[2] ?? "{}");
let seen = 0;
const log: DebugLog = {
  write: (entry) => {
    if (isEverythingSecret) addTexts(entry);
    if (made && isMade(entry, made)) process.kill(process.pid, "SIGKILL");
    if (!kinds.includes(entry.kind)) return;
    seen++;
    if (seen === point) process.kill(process.pid, "SIGKILL");
  },
};

/** The number of the last thing of the kind that is waited for, once it was announced. */
let announced: unknown;

function isMade(entry: LogEntry, { kind, isWritten }: NonNullable<CrashOptions["made"]>): boolean {
  if (entry.kind === "api") return announced !== undefined && !isWritten && /^(Create|Link|Delete)/.test(entry.action);
  if (entry.kind !== "journal") return false;
  const { type, seq, kind: what } = entry.entry as { type: string; seq?: number; kind?: string };
  if (type === "intent" && what === kind) announced = seq;
  return type === "result" && seq === announced && isWritten;
}

/** Every name, id, path, token and tag that has been seen counts as a sensitive value from now on. */
function addTexts(value: unknown): void {
  if (typeof value === "string") secrets.add(value);
  else if (typeof value === "object" && value !== null) for (const each of Object.values(value)) addTexts(each);
}

const hook: Hook = {
  provision: async ({ communicator, makeTemporaryFolder }) => {
    await communicator.start({ command: "echo baked > /etc/baked", okExitCodes: [0, 127] }); // some images have no shell
    const folder = await makeTemporaryFolder("packer-shell-");
    await writeFile(join(folder.path, "script"), "#!/bin/sh\nTOKEN=s3cr3t\n");
    await folder.remove();
  },
};
const builder = new Builder({ log, clock: hastyClock() });
builder.prepare(config);
if (isEverythingSecret)
  for (const text of ["outscale-chroot", "outscale", "snapshot", "volume", "released"]) secrets.add(text);
const onEvent = (event: unknown) => isEverythingSecret && addTexts(event);
await builder.run({ ui: new RecordingUi(), hook, onEvent });
process.stdout.write(`${seen}\n`);
