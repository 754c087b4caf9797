import type { Build } from "../build.ts";
import { describeMounts } from "../inspect-image.ts";
import type { OpenImage } from "../open-image.ts";
import { step } from "../step.ts";
import { tellStopped } from "./chroot-provision.ts";
import type { MountedRoot } from "./mount-device.ts";

interface GeneraliseInput {
  readonly image: OpenImage;
  readonly root: MountedRoot;
}

/** Removes from the provisioned image what belongs to one machine (`generalise`). Without that, nothing happens. */
export async function generaliseImage(build: Build, input: GeneraliseInput): Promise<void> {
  if (build.config.generalise) await generalise(build, input);
}

const generalise = step("StepGeneralise", async (build: Build, { image, root }: GeneraliseInput): Promise<void> => {
  const { ui, clock } = build;
  ui.say("Removing what belongs to one machine...");
  const startedAt = clock.now();
  // What still runs would go on writing its logs.
  tellStopped(build, await image.sandbox.stopLeftovers());
  const place = await describeMounts(build, { image, root });
  const { runHygieneJob } = await import("../../hygiene/hygiene-job.ts");
  const input = { root: place.root, ownMounts: place.ownMounts };
  const { changes, warnings } = await runHygieneJob({ type: "generalise", input }, build.signal);
  for (const change of changes) ui.message(change);
  for (const warning of warnings) build.warn(warning);
  const at = clock.now();
  build.emit({ type: "generalised", at, elapsedMs: at - startedAt, changes });
});
