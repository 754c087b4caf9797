import { readFileSync } from "node:fs";

/** Names the time since this machine was started: pids, mounts and namespaces of another boot are gone. */
export function readBootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}
