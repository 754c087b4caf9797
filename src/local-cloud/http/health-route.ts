import { messageOf } from "../../common/errors.ts";
import { version } from "../../common/version.ts";
import type { OpenCloud } from "../open-cloud.ts";
import { statusOf } from "../status.ts";
import { type HttpAnswer, type HttpRequest, json, text } from "./http-server.ts";
import type { RequestLog } from "./request-log.ts";

export const HEALTH_PATH = "/health";

/**
 * Whether the cloud is ready, and what is in it, in numbers: no key is needed, and nothing is told that needs one.
 * @param cloud Absent while it starts, or is emptied
 */
export async function answerHealth(
  request: HttpRequest,
  cloud: OpenCloud | undefined,
  log: RequestLog,
): Promise<HttpAnswer> {
  if (request.method !== "GET" && request.method !== "HEAD") return text(405, "Method Not Allowed");
  if (!cloud) return json(503, { status: "starting", version }, { "retry-after": "1" });
  const problem = await problemOf(cloud);
  if (problem !== undefined) return json(503, { status: "failing", version, problem }, { "retry-after": "1" });
  const { region, disks, vms, volumes, snapshots, images, violations } = statusOf(cloud);
  const counts = { vms: vms.length, volumes, snapshots, images, violations: violations.length, calls: log.next };
  return json(200, { status: "ready", version, region, disks, counts });
}

/** Why it can do nothing, if that is so still: whoever waits for it to be ready may be the only one who asks. */
async function problemOf({ store }: OpenCloud): Promise<string | undefined> {
  if (store.failure === undefined) return undefined;
  try {
    await store.settled();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
