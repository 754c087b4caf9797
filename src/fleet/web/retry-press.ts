import { randomBytes } from "node:crypto";
import { buildIdOf } from "../queue/build-id.ts";

/** The field of a button to submit a build again: a number that is made with the page. */
export const PRESS_FIELD = "press";

export function newPress(): string {
  return randomBytes(8).toString("hex");
}

/**
 * The id of the build that a button submits, however often it is pressed: an answer that is slow, or lost, has people press it
 * again. As it follows from both, nobody can have it be that of a build that is there.
 */
export function idOfRetry(id: string, press: string): string {
  return buildIdOf(`${id} again ${press}`);
}
