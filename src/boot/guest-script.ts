import { shellQuote } from "../host/shell-quote.ts";

/** What is told of a command's output; the end of it is where failures are. */
const MOST_OUTPUT_BYTES = 64 * 1024;

/** The second serial port: nothing of the system speaks there. */
const PORT = "/dev/ttyS1";
const OUTPUT = "/run/outscale-chroot-output";

/**
 * The script that a booted image runs as root, from a disk of its own: it starts what the image starts by default, runs the
 * commands one after the other and asks for failed units. Everything goes to the second serial port, in frames that begin with a
 * number which nobody can guess: what a command prints is never taken for a frame.
 */
export function guestScript(commands: readonly string[], nonce: string): string {
  const runs = commands.map((command, index) => {
    return `show command ${index} ${shellQuote(["/bin/sh", "-c", command])}`;
  });
  const lines = [
    `port=${PORT}`,
    "stty -F $port raw -echo 2>/dev/null",
    "export HOME=/root LC_ALL=C SYSTEMD_COLORS=0 SYSTEMD_PAGER=cat SYSTEMD_LOG_LEVEL=warning",
    `tell() { printf '\\n%s %s\\n' ${nonce} "$*" >$port; }`,
    // Runs something and tells its end: exit code, size of the output, and the last of that.
    "show() {",
    '  kind=$1; which=$2; shift 2; tell begin "$kind" "$which"',
    `  "$@" </dev/null >${OUTPUT} 2>&1; code=$?`,
    `  tell output "$code" "$(wc -c <${OUTPUT})"; tail -c ${MOST_OUTPUT_BYTES} ${OUTPUT} >$port; tell end`,
    "}",
    // In another shell: units that are on their way, for whoever waits.
    "underway() { systemctl list-jobs --no-legend --plain | while read -r job name type state; do",
    `  [ "$state" = running ] && [ "$name" != kernel-command-line.service ] && printf '%s ' "$name"; done; }`,
    "tell started",
    "target=multi-user.target",
    "for path in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system; do",
    '  if [ -e $path/default.target ]; then target=$(basename "$(readlink -f $path/default.target)"); break; fi',
    "done",
    '( while sleep 5; do tell starting "$(underway)"; done ) & watcher=$!',
    'systemctl start "$target"; code=$?; kill $watcher; wait $watcher 2>/dev/null',
    'tell up "$code" "$target"',
    ...runs,
    "systemctl --failed --no-legend --plain --no-pager | while read -r name rest; do",
    '  [ "$name" = kernel-command-line.service ] || show unit "$name" systemctl status --no-pager --full --lines=5 "$name"',
    "done",
    "tell done",
    "sleep 60", // it is ended from outside
  ];
  return `${lines.join("\n")}\n`;
}

/** A command of `boot_test.run`, as it went in the booted image. */
export interface GuestCommand {
  readonly command: string;
  readonly exitCode: number;
  /** Standard output and error; the last 64 KiB. */
  readonly output: string;
}

/** A unit that had failed when the commands were through. */
export interface FailedUnit {
  readonly name: string;
  /** What `systemctl status` says of it. */
  readonly status: string;
}

/** How far the script has come. */
export interface GuestProgress {
  readonly commands: readonly GuestCommand[];
  readonly failedUnits: readonly FailedUnit[];
  readonly isDone: boolean;
  /** For whoever has waited too long: `units are still starting: postgresql.service`. */
  readonly doing: string;
}

/** Reads what has come from the second serial port. Text outside of frames, and a frame that is not whole, say nothing. */
export function readGuestFrames(text: string, commands: readonly string[], nonce: string): GuestProgress {
  const done: GuestCommand[] = [];
  const failedUnits: FailedUnit[] = [];
  let doing = "the image has not come so far";
  let current: { readonly kind: string; readonly which: string } | undefined;
  let exitCode = 0;
  let isDone = false;
  const frames = text.split(`\n${nonce} `).slice(1);
  for (const [index, frame] of frames.entries()) {
    const [line = ""] = frame.split("\n", 1);
    const body = frame.slice(line.length + 1);
    const [word, ...rest] = line.trim().split(" ");
    if (word === "started") doing = "its units were still starting";
    else if (word === "starting" && rest.length > 0) doing = `its units were still starting: ${rest.join(", ")}`;
    else if (word === "begin") {
      current = { kind: rest[0] ?? "", which: rest.slice(1).join(" ") };
      const command = current.kind === "command" ? commands[Number(current.which)] : undefined;
      doing = command === undefined ? "its failed units were asked for" : `${JSON.stringify(command)} still ran`;
    } else if (word === "output" && current !== undefined) {
      exitCode = Number(rest[0]);
      const output = body.replaceAll("\r\n", "\n");
      const command = commands[Number(current.which)];
      const isWhole = index < frames.length - 1; // the next one is its end
      if (!isWhole || Number.isNaN(exitCode)) continue;
      if (current.kind === "unit") failedUnits.push({ name: current.which, status: output });
      else if (command !== undefined) done.push({ command, exitCode, output });
      current = undefined;
    } else if (word === "done") isDone = true;
  }
  return { commands: done, failedUnits, isDone, doing };
}
