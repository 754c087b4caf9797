const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What our own commands need of the environment, and no more: no credentials reach a child by accident. */
export function hostEnvironment(): Record<string, string> {
  const kept: Record<string, string> = { PATH: SYSTEM_PATH, LC_ALL: "C.UTF-8", HOME: "/root" };
  if (process.env.PATH) kept.PATH = `${process.env.PATH}:${SYSTEM_PATH}`;
  if (process.env.TMPDIR) kept.TMPDIR = process.env.TMPDIR;
  return kept;
}
