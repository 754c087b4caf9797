import { BootCheckError } from "../../boot/boot-check-error.ts";
import { checkImage } from "../../boot/check-image.ts";
import { describeFinding, type Finding } from "../../boot/finding.ts";
import { RootFolder } from "../../chroot/root-folder.ts";
import type { Build } from "../build.ts";
import type { OpenImage } from "../open-image.ts";
import { step } from "../step.ts";
import type { MountedRoot } from "./mount-device.ts";

/**
 * Looks at the provisioned image, without booting it, for what would keep it from booting (`boot_check`).
 * @throws {BootCheckError} with `strict`, when there is a finding
 */
export const checkBootFiles = step(
  "StepBootCheck",
  async (build: Build, { image, root }: { readonly image: OpenImage; readonly root: MountedRoot }): Promise<void> => {
    if (build.config.bootCheck === "off") return;
    build.ui.say("Checking that the image can boot...");
    const { sandbox, links, mountPath } = image;
    const files = new RootFolder(sandbox.hostPath(mountPath));
    const builderDevices = [links.devicePath, links.device];
    judge(build, checkImage({ files, parts: root.layout.parts, builderDevices }));
  },
);

/** What the findings mean under this build's `boot_check`. */
export function judge(build: Build, findings: readonly Finding[]): void {
  if (build.config.bootCheck === "off" || findings.length === 0) return;
  for (const finding of findings) build.warn(`Boot check: ${describeFinding(finding)}`);
  if (build.config.bootCheck !== "strict") return;
  throw new BootCheckError(`The image may not boot: ${findings.map(describeFinding).join("; ")}`, {
    hint: 'Fix what is named, or set boot_check = "warn"',
  });
}
