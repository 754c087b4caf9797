import { z } from "zod";
import type { JsonObject } from "./journal/entry.ts";
import type { RunContext } from "./run-context.ts";

/**
 * What a release works with. It has no build: `cleanup` releases what a dead run left, from its journal alone. Its
 * signal fires at the release's deadline and is not the build's: a cancelled build still cleans up. What has to wait for longer,
 * as nothing can stop it, listens to `hurry` alone, and is not waited for where the release is unattended.
 */
export type ReleaseContext = Omit<RunContext, "journal" | "emit">;

/** A resource as the journal knows it. */
export interface Held<Intent extends JsonObject, Facts extends JsonObject> {
  readonly id: string;
  readonly intent: Intent;
  readonly facts: Partial<Facts>;
  /** It was made no later than that, by the clock of the context: see {@link readMade}. */
  readonly madeAt: number;
  /** Called when the service has accepted to remove it, by a kind that has {@link ResourceKind.isGone}. */
  readonly onAccepted?: (() => void) | undefined;
}

/**
 * A kind of thing that a build acquires: how it is found when the answer to its creation was lost, and how it is
 * released. The live build and `cleanup` use the same two functions.
 */
export interface ResourceKind<Intent extends JsonObject = JsonObject, Facts extends JsonObject = JsonObject> {
  /** The name in journal and events: `volume`, `link`, ... */
  readonly name: string;
  /** What a journal may say of it. Exact values, never masked: what is needed to find it again. */
  readonly intent: z.ZodType<Intent>;
  /** What is learned of it later. */
  readonly facts: z.ZodType<Facts>;
  /** It is on this machine alone, and goes with it. */
  readonly isOfMachine?: boolean;
  /** It is made on this machine, in several steps: when one of them fails, what the others made is taken back. */
  readonly isMadeInSteps?: boolean;
  /** What a release says, with the id of what may be left behind: `Deleting volume vol-1a2b3c4d`. */
  releaseLabel(id: string, intent: Intent): string;
  /** The id of what the intent has made, if it has made anything. */
  find(context: ReleaseContext, intent: Intent): Promise<string | undefined>;
  /** Removes it and waits until it is gone. One that is gone already is no failure. */
  release(context: ReleaseContext, held: Held<Intent, Facts>): Promise<void>;
  /** In place of the release when the VM that it was made on is gone for good, and another machine does it. */
  releaseOfGoneVm?(context: ReleaseContext, held: Held<Intent, Facts>): Promise<void>;
  /** One look at what was accepted to be removed, for a kind that the service removes in its own time. */
  isGone?(context: ReleaseContext, id: string): Promise<boolean>;
}

/** The facts of a kind about which nothing more is learned. */
export const noFacts = z.strictObject({});
