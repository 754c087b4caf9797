import { engineOptions } from "./options/engine.ts";

/**
 * How long waits last and how often they look where no template says so: in `cleanup`, and when an artifact is destroyed.
 * In milliseconds, as the options `timeouts` and `polling` have them by default.
 */
export const defaultWaiting = {
  timeouts: engineOptions.timeouts.parse(undefined),
  polling: engineOptions.polling.parse(undefined),
};
