import { randomUUID } from "node:crypto";
import { messageOf } from "../common/errors.ts";
import type { ActionName } from "../outscale/oapi.ts";
import type { Account } from "./accounts.ts";
import { handlers } from "./actions/handlers.ts";
import { ApiError } from "./api-error.ts";
import { authenticate } from "./authenticate.ts";
import type { Cloud } from "./cloud.ts";
import { type HttpAnswer, type HttpRequest, json } from "./http-server.ts";
import type { LockOut } from "./lock-out.ts";
import { isAction, parseRequest } from "./request-body.ts";
import { type RequestLog, redactedBody } from "./request-log.ts";

export const API_PREFIX = "/api/v1/";

/** The actions that need no signature. */
const OPEN: ReadonlySet<string> = new Set(["ReadRegions"]);
const NOBODY: Account = {
  role: "other",
  id: "",
  accessKey: "",
  secretKey: "",
  login: "",
  password: "",
  createdAt: "",
};

interface ApiRouteInput {
  readonly cloud: Cloud;
  readonly lockOut: LockOut;
  readonly requests: RequestLog;
}

/** Answers one call of the API: faults, authentication, the body, DryRun, the handler, and only then, once all is on disk, the client. */
export async function answerApi(input: ApiRouteInput, request: HttpRequest): Promise<HttpAnswer> {
  const { cloud, requests } = input;
  const { clock } = cloud.settings;
  const action = (request.url.split("?")[0] ?? "").slice(API_PREFIX.length);
  const fault = cloud.faults.takeCall(action);
  const atMs = clock.now();
  const context = { ResponseContext: { RequestId: randomUUID() } };
  const body = redactedBody(request.body);
  const log = (outcome: { status?: number; code?: string; accountId?: string }) =>
    requests.add({ atMs, action, ...(body === undefined ? {} : { body }), ...outcome });
  if (fault?.kind === "drop-before") {
    log({});
    return "drop";
  }
  let accountId: string | undefined;
  try {
    if (fault && fault.kind !== "drop-after") throw new ApiError(fault.kind, "Injected by a fault");
    const account = accountOf(input, action, request);
    accountId = account.id;
    const answer = await callAction(cloud, account, action, request);
    await clock.sleep(isAction(action) ? (cloud.settings.latency[action] ?? 0) : 0);
    const dropped = fault?.kind === "drop-after";
    log({ accountId, ...(dropped ? {} : { status: 200 }) });
    return dropped ? "drop" : json(200, { ...answer, ...context });
  } catch (error) {
    const refusal = refusalOf(cloud, error);
    log({ status: refusal.status, code: refusal.body.Code, ...(accountId === undefined ? {} : { accountId }) });
    const retryAfter = fault && "retryAfterSeconds" in fault ? fault.retryAfterSeconds : undefined;
    const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
    return json(refusal.status, { Errors: [refusal.body], ...context }, headers);
  }
}

function accountOf({ cloud, lockOut }: ApiRouteInput, action: string, request: HttpRequest): Account {
  if (!isAction(action)) throw new ApiError("unknown-action", `There is no action "${action}"`);
  if (request.method !== "POST") throw new ApiError("wrong-method", `${request.method} is not POST`);
  if (OPEN.has(action)) return NOBODY;
  return authenticate(request, { accounts: cloud.accounts, lockOut, nowMs: cloud.settings.clock.now() });
}

async function callAction(cloud: Cloud, account: Account, action: string, request: HttpRequest): Promise<object> {
  if (!isAction(action)) throw new ApiError("unknown-action", `There is no action "${action}"`);
  const answer = runHandler(cloud, account, action, request.body);
  // Not before this is on the disk may anybody hear of it.
  await cloud.store.settled();
  return answer;
}

function runHandler<A extends ActionName>(cloud: Cloud, account: Account, action: A, body: Buffer): object {
  const parsed = parseRequest(action, body, cloud.settings.strict);
  if ("DryRun" in parsed && parsed.DryRun === true) return {};
  return handlers[action]({ cloud, account }, parsed);
}

function refusalOf(cloud: Cloud, error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const message = `local cloud: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}`;
  cloud.settings.log.write({ kind: "note", message });
  return new ApiError("internal-error", messageOf(error));
}
