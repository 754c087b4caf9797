import type { DeviceLinks } from "../../host/device-links.ts";
import { runLocalCommands } from "../../host/run-local-commands.ts";
import { syncPartitions } from "../../host/sync-partitions.ts";
import type { Build } from "../build.ts";
import type { OpenImage } from "../open-image.ts";
import { renderLate } from "../render-late.ts";
import { step } from "../step.ts";
import { mountsOf, remainingCommands } from "../work-log.ts";

/**
 * Runs `pre_mount_commands`, each as one shell line inside the sandbox. After each one the partitions are read again,
 * as the command may have made them. A resumed run does not run again what has run.
 * @throws {CommandError} when one fails
 */
export const runPreMountCommands = step(
  "StepPreMountCommands",
  async (build: Build, { sandbox, runner, view, links, wrapCommand }: OpenImage): Promise<void> => {
    const { config, ui, signal, clock } = build;
    if (config.preMountCommands.length === 0) return;
    ui.say("Running the pre-mount commands...");
    for (const { command, note } of remainingCommands(build, "pre-mount", config.preMountCommands)) {
      const mounts = await mountsOf(view, () =>
        runLocalCommands([command], {
          runner: sandbox,
          wrapCommand,
          render: (text) => renderLate(build, text, { Device: links.devicePath }),
          ui,
          signal,
          afterEach: () => refreshPartitions(links, () => syncPartitions(runner, links.device, { clock, signal })),
        }),
      );
      note({ mounts });
    }
  },
);

async function refreshPartitions(links: DeviceLinks, sync: () => Promise<unknown>): Promise<void> {
  await sync();
  await links.refresh();
}
