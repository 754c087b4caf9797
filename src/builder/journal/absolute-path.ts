import { normalize } from "node:path";
import { z } from "zod";

/** A path that root may act on because a journal says so: absolute, without detours, and never the root folder itself. */
export const absolutePath = z
  .string()
  .refine((path) => path.startsWith("/") && path !== "/" && !path.includes("\0") && normalize(path) === path, {
    error: "must be an absolute path below /",
  });
