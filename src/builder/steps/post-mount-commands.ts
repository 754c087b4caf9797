import { runLocalCommands } from "../../host/run-local-commands.ts";
import type { Build } from "../build.ts";
import type { OpenImage } from "../open-image.ts";
import { renderLate } from "../render-late.ts";
import { step } from "../step.ts";
import { mountsOf, remainingCommands } from "../work-log.ts";

/**
 * Runs `post_mount_commands` on this VM, each as one shell line inside the sandbox, where the image is mounted. A
 * resumed run runs those again that had mounted something, and no other that has run.
 * @throws {CommandError} when one fails
 */
export const runPostMountCommands = step(
  "StepPostMountCommands",
  async (build: Build, { sandbox, view, links, mountPath, wrapCommand, window }: OpenImage): Promise<void> => {
    const { config, ui, signal } = build;
    if (config.postMountCommands.length === 0) return;
    ui.say("Running the post-mount commands...");
    const render = (command: string) => renderLate(build, command, { Device: links.devicePath, MountPath: mountPath });
    // What they mount is theirs to choose, and not known before.
    await window.mounting([], async () => {
      for (const { command, note } of remainingCommands(build, "post-mount", config.postMountCommands)) {
        const run = () => runLocalCommands([command], { runner: sandbox, wrapCommand, render, ui, signal });
        note({ mounts: await mountsOf(view, run) });
      }
    });
  },
);
