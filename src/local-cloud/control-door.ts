import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { secrets } from "../common/secrets.ts";
import { isErrno } from "../host/block-device.ts";

/** The path below which a running server takes the operations of its control door. */
export const CONTROL_PREFIX = "/_control/";

const ControlDoor = z.object({
  url: z.string(),
  token: z.string(),
  pid: z.int(),
  environment: z.record(z.string(), z.string()),
});

/** Where a running server takes operations, and the token that it wants; in the state folder, for its owner alone. */
export type ControlDoor = z.infer<typeof ControlDoor>;

export function controlFile(stateFolder: string): string {
  return join(stateFolder, "control.json");
}

/** The door of the server that runs on a state folder; undefined when none does, or the last one was killed. */
export async function findControlDoor(stateFolder: string): Promise<ControlDoor | undefined> {
  const text = await readFile(controlFile(stateFolder), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const door = ControlDoor.parse(JSON.parse(text));
  secrets.add(door.token);
  return isAlive(door.pid) ? door : undefined;
}

/** Whether a server that has come to answer runs on a state folder. */
export async function isServed(stateFolder: string): Promise<boolean> {
  return (await findControlDoor(stateFolder)) !== undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, "EPERM");
  }
}
