import type { TextSink } from "./io.ts";

/**
 * Whether text gets colours: asked for, or on a terminal, unless the environment says no.
 * @see https://no-color.org
 */
export function hasColor(flag: boolean | undefined, sink: TextSink, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR || env.PACKER_NO_COLOR) return false;
  return flag ?? sink.isTerminal;
}
