/** The service takes a request within five minutes of its date (user guide, "About Signatures of API Requests"). */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;
