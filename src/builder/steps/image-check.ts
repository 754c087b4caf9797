import { throwIfCancelled } from "../../common/errors.ts";
import { ImageCheckError } from "../../hygiene/image-check-error.ts";
import type { PolicyResult } from "../../hygiene/policy/finding.ts";
import type { Build } from "../build.ts";
import { describeMounts } from "../inspect-image.ts";
import type { OpenImage } from "../open-image.ts";
import { step } from "../step.ts";
import type { MountedRoot } from "./mount-device.ts";

interface MountedImage {
  readonly image: OpenImage;
  readonly root: MountedRoot;
}

/** What the image was before its provisioners, as far as `image_check` has to know it. */
export interface ImageBefore {
  /** Undefined for an image from scratch, all of which is the build's, and for a run that is resumed. */
  readonly setIds: readonly string[] | undefined;
  /** Milliseconds since the epoch, by the clock of this machine's file systems. */
  readonly atMs: number;
}

/** Undefined, and nothing is done, unless `image_check` will want to know. */
export async function listSetIdsBefore(build: Build, mounted: MountedImage): Promise<ImageBefore | undefined> {
  if (levelOf(build) === "off") return undefined;
  // Of a run that goes on, some is the work of the one before: nothing of it is known, and all of it searched.
  if (build.resumed !== undefined) return { setIds: undefined, atMs: 0 };
  const atMs = Date.now();
  if (build.config.fromScratch) return { setIds: undefined, atMs };
  const { root, foreignMounts } = await describeMounts(build, mounted);
  const run = await loadJobs();
  return { setIds: await run({ type: "list-set-ids", input: { root, foreignMounts } }, build.signal), atMs };
}

/**
 * Looks in the provisioned image for what others who get the OMI should not have (`image_check`).
 * @throws {ImageCheckError} with `strict`, when there is a finding
 */
export async function checkImagePolicy(
  build: Build,
  input: MountedImage & { readonly setIdsBefore: ImageBefore | undefined },
): Promise<void> {
  if (input.setIdsBefore !== undefined) await imageCheck(build, { ...input, before: input.setIdsBefore });
}

const imageCheck = step(
  "StepImageCheck",
  async (build: Build, { before, ...mounted }: MountedImage & { readonly before: ImageBefore }): Promise<void> => {
    build.ui.say("Looking for what should not be in the image...");
    const startedAt = build.clock.now();
    const { root, foreignMounts } = await describeMounts(build, mounted);
    const { setIds: setIdsBefore, atMs: sinceMs } = before;
    const allow = build.config.imageCheck?.allow ?? [];
    const input = { root, foreignMounts, setIdsBefore, secrets: build.accessKeys, sinceMs, allow };
    const run = await loadJobs();
    const result = await run({ type: "check-policy", input }, build.signal);
    throwIfCancelled(build.signal);
    await judge(build, result, startedAt);
  },
);

async function judge(build: Build, { findings, allowed, notes }: PolicyResult, startedAt: number): Promise<void> {
  const level = levelOf(build) === "strict" ? "strict" : "warn";
  const at = build.clock.now();
  build.emit({ type: "image-checked", at, elapsedMs: at - startedAt, level, findings, allowed, notes });
  for (const note of notes) build.warn(`Image check: ${note}`);
  if (allowed > 0) build.ui.message(`${allowed} findings are allowed`);
  if (findings.length === 0) {
    build.ui.message("Nothing was found");
    return;
  }
  const { describeFindings } = await import("../../hygiene/policy/finding.ts");
  const lines = describeFindings(findings);
  for (const line of lines) build.warn(`Image check: ${line}`);
  if (level !== "strict") return;
  throw new ImageCheckError(`The image contains things that others should not get: ${lines.join("; ")}`, {
    findings,
    hint: 'Remove what is named, let it pass with allow = ["RULE:PATH"], or set level = "warn"',
  });
}

function levelOf({ config: { imageCheck: options } }: Build): "off" | "warn" | "strict" {
  return options?.level ?? "off";
}

/** Loaded by those who want it alone. */
async function loadJobs() {
  return (await import("../../hygiene/hygiene-job.ts")).runHygieneJob;
}
