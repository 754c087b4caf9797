import { type ChildProcess, spawn } from "node:child_process";
import { running } from "../program/running.ts";

/**
 * A Redis of one's own: on a socket alone, in memory alone. It has said that it is ready.
 * @param more Settings in place of these, or besides
 * @param enter What runs it elsewhere, before its argv
 */
export async function startRedis(
  folder: string,
  socket: string,
  more: Readonly<Record<string, string>> = {},
  enter: readonly string[] = [],
): Promise<ChildProcess> {
  const own = { port: "0", unixsocket: socket, save: "", dir: folder, daemonize: "no", appendonly: "no" };
  const options = { ...own, ...more };
  const argv = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const [program = "", ...rest] = [...enter, "redis-server", ...argv];
  const server = spawn(program, rest, { stdio: ["ignore", "pipe", "inherit"] });
  await running(server).says("ready to accept connections");
  return server;
}
