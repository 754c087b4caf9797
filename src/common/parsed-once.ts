/**
 * For a schema that a run parses a few times with: zod writes and compiles a function for each object otherwise, which
 * pays where thousands are parsed.
 */
export const PARSED_ONCE = { jitless: true } as const;
