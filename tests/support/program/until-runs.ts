/**
 * A piece of a shell line that waits until what the shell has started last is that program: before, it is a copy of the
 * shell, and for a moment nothing that has a name.
 */
export const untilRuns = (command: string) =>
  `until [ "$(tr '\\0' ' ' </proc/$!/cmdline)" = "${command} " ]; do :; done`;
