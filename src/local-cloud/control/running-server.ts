import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { isErrno } from "../../common/errno.ts";
import { secrets } from "../../common/secrets.ts";

import { refusalOf } from "../folder/state-folder.ts";

/** The path below which a running server takes the operations besides the API. */
export const CONTROL_PREFIX = "/_control/";

const RunningServer = z.object({
  url: z.string(),
  token: z.string(),
  pid: z.int(),
  environment: z.record(z.string(), z.string()),
  /** A server of an older version does not tell them. */
  vms: z.array(z.object({ vmId: z.string(), metadataEndpoint: z.string(), deviceFolder: z.string() })).default([]),
});

/** Where a running server takes operations, and the token that it wants; in the state folder, for its owner alone. */
export type RunningServer = z.infer<typeof RunningServer>;

export function controlFile(stateFolder: string): string {
  return join(stateFolder, "control.json");
}

/**
 * The server that runs on a state folder; undefined when none does, or the last one was killed.
 * @throws {UsageError} when this user may not look into the folder
 */
export async function findRunningServer(stateFolder: string): Promise<RunningServer | undefined> {
  const text = await readFile(controlFile(stateFolder), "utf8").catch((error) => {
    if (isErrno(error, "EACCES", "EPERM")) throw refusalOf(stateFolder, error);
    return undefined;
  });
  if (text === undefined) return undefined;
  const server = RunningServer.parse(JSON.parse(text));
  secrets.add(server.token);
  return isAlive(server.pid) ? server : undefined;
}

/** Whether a server that has come to answer runs on a state folder. */
export async function isServed(stateFolder: string): Promise<boolean> {
  return (await findRunningServer(stateFolder)) !== undefined;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, "EPERM");
  }
}
