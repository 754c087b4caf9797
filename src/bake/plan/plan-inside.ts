import { chosenChrootMounts } from "../../chroot/image-mounts.ts";
import { isRawList, type RawValue } from "../../definition/raw-value.ts";
import { InterpolationError } from "../../go-template/interpolation-error.ts";
import { lateContextOf, placeholderData } from "../../provisioners/late-values.ts";
import type { PlannedComponent, PlannedStep } from "./plan.ts";
import { planned } from "./plan.ts";
import { type PlanContext, renderKnown } from "./plan-context.ts";
import { toPlanData } from "./plan-data.ts";

/** What happens on this VM while the volume is linked. */
export function planInside(context: PlanContext): readonly PlannedStep[] {
  const { config } = context;
  const commands = (lines: readonly string[]) => lines.map((line) => context.late(line));
  const mounts = chosenChrootMounts(config.chrootMounts).map(({ source, target }) => `mounts ${source} on ${target}`);
  const copies = config.copyFiles.map((path) => `lends ${path} of this VM to the image`);
  const quiet = config.quietServices ? ["keeps package scripts from starting services"] : [];
  return [
    planned("StepFlock", ["waits for this VM's device lock"]),
    planned("StepPrepareDevice", [config.devicePath ? `links as ${config.devicePath}` : "chooses a free device name"]),
    planned("StepLinkVolume", ["links the volume to this VM, and finds its device"]),
    planned("StepEarlyUnflock", ["gives the lock back"]),
    planned("StepPreMountCommands", commands(config.preMountCommands)),
    planned("StepMountDevice", [describeMount(context)]),
    planned("StepPostMountCommands", commands(config.postMountCommands)),
    planned("StepMountExtra", ["mounts what the image's fstab says of /boot", ...mounts]),
    planned("StepCopyFiles", [...copies, ...quiet]),
    planProvisioning(context),
    ...(config.generalise ? [planned("StepGeneralise", ["removes what belongs to one machine"])] : []),
    ...planImageCheck(context),
    planned(
      "StepBootCheck",
      config.bootCheck === "off" ? [] : [`looks whether the image can boot (${config.bootCheck})`],
    ),
    planned("StepEarlyCleanup", [
      "stops what still runs, puts back what was lent, unmounts everything",
      ...(config.zeroFreeSpace ? ["overwrites the free space of its file systems with zeros"] : []),
    ]),
    planned("StepBootTest", [
      ...(config.bootCheck === "off" ? [] : ["checks the file systems"]),
      ...(config.bootTest ? [`boots the volume under QEMU until it shows "${config.bootTest.pattern}"`] : []),
      ...(config.bootTest?.run.map((command) => `runs in the booted image: ${command}`) ?? []),
    ]),
  ];
}

function planImageCheck({ config: { imageCheck } }: PlanContext): readonly PlannedStep[] {
  if (imageCheck === undefined || imageCheck.level === "off") return [];
  const allowed = imageCheck.allow.length > 0 ? `, but for ${imageCheck.allow.join(", ")}` : "";
  return [planned("StepImageCheck", [`looks for what others should not get (${imageCheck.level})${allowed}`])];
}

function describeMount({ config, late }: PlanContext): string {
  const part = config.mountPartition === undefined ? "the root file system" : `partition ${config.mountPartition}`;
  const options = config.mountOptions.length > 0 ? `, with ${config.mountOptions.join(",")}` : "";
  const where = config.isolation === "private" ? "where only this build sees it" : "where all of this VM sees it";
  return `mounts ${part} on ${late(config.mountPath)}${options}, ${where}`;
}

function planProvisioning(context: PlanContext): PlannedStep {
  const { provisioners, errorCleanupProvisioner } = context.definition;
  const last = errorCleanupProvisioner ? ["if it fails, runs the error-cleanup provisioner"] : [];
  const count = provisioners.length === 1 ? "one provisioner" : `${provisioners.length} provisioners`;
  return {
    ...planned("StepChrootProvision", [
      ...(provisioners.length === 0 ? [] : [`runs ${count}`]),
      ...describeContainer(context),
      ...last,
    ]),
    provisioners: [...provisioners, ...(errorCleanupProvisioner ? [errorCleanupProvisioner] : [])].map((definition) =>
      planComponent(context, definition),
    ),
  };
}

/** What the template gives provisioners besides what they have anyway. */
function describeContainer({ config }: PlanContext): string[] {
  const rights = config.chrootCapabilities.join(", ");
  const devices = config.chrootDevices.includes("/dev") ? "every device" : config.chrootDevices.join(", ");
  return [
    ...(rights ? [`gives what runs in the image the rights ${rights} over this VM`] : []),
    ...(devices ? [`gives it ${devices} of this VM`] : []),
  ];
}

type Component =
  | PlanContext["definition"]["provisioners"][number]
  | PlanContext["definition"]["postProcessors"][number][number];

/** A provisioner or post-processor with its options; what only the build knows is named in angle brackets. */
export function planComponent(context: PlanContext, definition: Component): PlannedComponent {
  const { type, location } = definition;
  const options = definition.show(placeholderData);
  const shown = Object.entries(options).filter(([, value]) => value !== null);
  const resolved = Object.fromEntries(shown.map(([name, value]) => [name, resolve(context, value)]));
  return { title: `${type} (${location.file}:${location.line})`, options: toPlanData(resolved) };
}

function resolve(context: PlanContext, value: RawValue): RawValue {
  if (typeof value === "string") return nameLateValues(renderText(context, value));
  if (isRawList(value)) return value.map((item) => resolve(context, item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(context, item)]));
}

/** Texts such as `execute_command` have values and functions that only their provisioner knows: they stay as written. */
function renderText({ identity }: PlanContext, text: string): string {
  try {
    return renderKnown(text, lateContextOf(identity, placeholderData), placeholderData);
  } catch (error) {
    if (error instanceof InterpolationError) return text;
    throw error;
  }
}

function nameLateValues(text: string): string {
  return Object.entries(placeholderData).reduce(
    (named, [name, mark]) => named.replaceAll(mark, `<build.${name}>`),
    text,
  );
}
