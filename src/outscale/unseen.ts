/**
 * How long what the API has made may be missing from its answers, and unknown to its calls. An answer without it proves
 * nothing before, unless it was seen already. OUTSCALE documents no such time; half a minute has been seen.
 */
export const UNSEEN_MS = 120_000;

/** Nor is what the API was asked for seen at once: what looks as before for so long was never begun. */
export const NOT_BEGUN_MS = 15_000;
