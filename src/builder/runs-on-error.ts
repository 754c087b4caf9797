import { LeftoverError } from "../common/errors.ts";

/** The service still works at what has to go, and nothing stops it: it can be taken down when that has ended. */
export class RunsOnError extends LeftoverError {}
