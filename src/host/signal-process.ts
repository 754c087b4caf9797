import { type ProcessNode, readProcessNode } from "./process-tree.ts";

/**
 * Signals one process, unless it has ended and its pid is another's by now.
 * @returns false when it has ended
 */
export function signalProcess(
  { pid, startedAt }: Pick<ProcessNode, "pid" | "startedAt">,
  signal: NodeJS.Signals,
): boolean {
  if (readProcessNode(pid)?.startedAt !== startedAt) return false;
  try {
    return process.kill(pid, signal);
  } catch {
    // It ended in between.
    return false;
  }
}
