import { createHash } from "node:crypto";
import { secrets } from "../common/secrets.ts";
import type { MountView } from "../host/mount-view.ts";
import { isSameMount, readMountinfo } from "../host/mountinfo.ts";
import type { Build } from "./build.ts";
import type { WorkLog } from "./hook.ts";
import type { DoneWork } from "./journal/entry.ts";
import { resumePoint } from "./resume-point.ts";

/** What a run has done of a part of the recipe, and will do. */
export function workLogOf({ journal, resumed }: Pick<Build, "journal" | "resumed">, part: DoneWork["part"]): WorkLog {
  return {
    done: resumed?.done.filter((work) => work.part === part) ?? [],
    note: (work) => journal.done({ part, ...work }),
  };
}

/** A command of the template that is to run. */
export interface RemainingCommand {
  readonly command: string;
  /** Writes down that it has run. */
  note(done: { readonly mounts: boolean }): void;
}

/**
 * The commands that are to run: all of them, but in a resumed run those that have not run, and those that had mounted
 * something, as their mounts have gone.
 */
export function remainingCommands(
  build: Pick<Build, "journal" | "resumed" | "ui">,
  part: "pre-mount" | "post-mount",
  commands: readonly string[],
): readonly RemainingCommand[] {
  const log = workLogOf(build, part);
  const option = part === "pre-mount" ? "pre_mount_commands" : "post_mount_commands";
  const work = commands.map((command, index) => ({ name: `${option}[${index}]`, digest: textDigest(command) }));
  const { start, notices } = resumePoint(log.done, work);
  for (const notice of notices) build.ui.warn(notice);
  const mounting = new Set(log.done.filter(({ mounts }) => mounts).map(({ digest }) => digest));
  if (start > 0) build.ui.message(`${start === 1 ? "The first command has" : `${start} commands have`} run already`);
  return commands.flatMap((command, index) => {
    const { name = "", digest = "" } = work[index] ?? {};
    if (index < start && !mounting.has(digest)) return [];
    const note = ({ mounts }: { readonly mounts: boolean }) =>
      log.note({ number: index + 1, count: commands.length, name, digest, mounts });
    return [{ command, note: index < start ? () => undefined : note }];
  });
}

/** Whether what runs leaves a mount in the sandbox that was not there before. */
export async function mountsOf(
  { mountinfoPath }: Pick<MountView, "mountinfoPath">,
  run: () => Promise<void>,
): Promise<boolean> {
  const before = await readMountinfo(mountinfoPath);
  await run();
  const after = await readMountinfo(mountinfoPath);
  return after.some((entry) => !before.some((known) => isSameMount(entry, known)));
}

/** Tells texts apart. Of what is secret nothing is in it, so that a journal may have it. */
function textDigest(text: string): string {
  return createHash("sha256").update(secrets.mask(text)).digest("hex");
}
