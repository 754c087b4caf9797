import { randomUUID } from "node:crypto";
import { homedir, hostname, userInfo } from "node:os";
import type { BuildDefinition } from "../../definition/build-definition.ts";
import type { Bundle } from "../bundle/pack-bundle.ts";
import { newBuildId } from "../queue/build-id.ts";
import type { FleetQueue } from "../queue/fleet-queue.ts";
import type { JobMessage } from "../queue/messages.ts";
import type { FleetBakeInput } from "./open-fleet-bake.ts";
import type { RecordedReads } from "./record-reads.ts";

interface JobParts {
  readonly input: FleetBakeInput;
  readonly queue: FleetQueue;
  readonly reads: RecordedReads;
  readonly now: Date;
  readonly bundle: Bundle;
}

/** All that a worker has to know of a build to bake it as it would be baked here. */
export function jobOf(build: BuildDefinition, { input, queue, reads, now, bundle }: JobParts): JobMessage {
  const { env, onError = "cleanup", evidence } = input;
  return {
    id: newBuildId(),
    accountId: queue.place.accountId,
    region: queue.place.region,
    build: build.name,
    submitter: `${userInfo().username}@${hostname()}`,
    submittedAt: Date.now(),
    standing: input.standing,
    runUuid: env.PACKER_RUN_UUID || randomUUID(),
    template: {
      path: input.template,
      workingFolder: process.cwd(),
      homeFolder: homedir(),
      now: now.getTime(),
      variables: { ...input.variables },
      variableFiles: [...(input.variableFiles ?? [])],
      warnUndeclared: input.warnUndeclared === true,
      env: { ...reads.taken },
      lookedFor: [...reads.paths],
    },
    settings: {
      force: input.force === true,
      bootTest: input.bootTest === true,
      onError: onError === "ask" ? "cleanup" : onError,
      skipUnchanged: input.skipUnchanged ?? null,
      maxAge: input.maxAge ?? null,
      history: input.history !== false,
      retries: input.retries,
      provenance: input.provenance === true,
      evidence: evidence ?? null,
    },
    manifest: bundle.manifest,
  };
}
