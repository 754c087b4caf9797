import { resolve } from "node:path";
import { shellQuote } from "../../../host/shell-quote.ts";

interface OtherCommandInput {
  /** `stop`, and flags besides `-state`. */
  readonly words: readonly string[];
  /** As the flag names it; undefined where it was not given. */
  readonly state: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** A `local-cloud` command for the same cloud, as it can be pasted into any shell: in another folder, without our variables. */
export function otherCommand({ words, state, env }: OtherCommandInput): string {
  const folder = state ?? env.OUTSCALE_CHROOT_LOCAL_CLOUD;
  const flags = folder ? ["-state", resolve(folder)] : [];
  return shellQuote(["outscale-chroot", "local-cloud", ...words, ...flags]);
}
