import { randomUUID } from "node:crypto";
import { messageOf } from "../../common/errors.ts";
import type { ActionName } from "../../outscale/oapi.ts";
import type { Account } from "../accounts.ts";
import type { Call } from "../actions/call.ts";
import { handlers } from "../actions/handlers.ts";
import type { Cloud } from "../cloud.ts";
import { type CallFault, isRefusing } from "../faults.ts";
import { isKnownAction } from "../known-actions.ts";
import { tokenOfFirstPage } from "../pagination.ts";
import { Refusal } from "../refusal.ts";
import { authenticate } from "./authenticate.ts";
import { type HttpAnswer, type HttpRequest, json, text } from "./http-server.ts";
import type { LockOut } from "./lock-out.ts";
import { isAction, parseRequest } from "./request-body.ts";
import type { RequestLog } from "./request-log.ts";

/** The path of the API, to which an action's name is appended. */
export const API_PATH = "/api/v1";
/** Older clients say `latest`, and some begin or go on with two slashes. */
const ACTION_PATH = /^\/+api\/+(?:v1|latest)\/+([^/?]*)\/*(?:\?.*)?$/;
/** What is kept of an action's name, which may be none. */
const LONGEST_NAME = 64;

/** The actions that need no signature. */
const OPEN: ReadonlySet<ActionName> = new Set<ActionName>(["ReadRegions"]);
const NOBODY: Account = {
  ...{ role: "other", id: "", createdAt: "" },
  ...{ accessKey: "", secretKey: "", login: "", password: "" },
};

interface ApiRouteInput {
  readonly cloud: Cloud;
  readonly lockOut: LockOut;
  readonly requests: RequestLog;
}

/** What came of a call: what the client gets, and what the log of requests says of it. */
interface Outcome {
  readonly status: number;
  readonly body: object;
  readonly code?: string;
  readonly accountId?: string;
}

/** Any page may call the API, with keys of its own. */
const CORS = { "access-control-allow-origin": "*" };
const PREFLIGHT = {
  ...CORS,
  "access-control-allow-methods": "POST, OPTIONS",
  "access-control-allow-headers": "Authorization, Content-Type, X-Osc-Date, X-Amz-Date",
  "access-control-max-age": "86400",
};

/** The action that a path names; undefined when it is none of the API's. */
export function actionOf(url: string): string | undefined {
  return ACTION_PATH.exec(url)?.[1];
}

/** Answers one call of the API, with the faults that wait for it. */
export async function answerApi(input: ApiRouteInput, action: string, request: HttpRequest): Promise<HttpAnswer> {
  if (request.method === "OPTIONS") return { ...text(200, ""), headers: PREFLIGHT };
  const { cloud, requests } = input;
  const { clock, latency } = cloud.settings;
  const atMs = clock.now();
  const entry = () => ({ atMs, action: action.slice(0, LONGEST_NAME), ms: clock.now() - atMs });
  const fault = cloud.faults.takeCall(action);
  if (fault?.kind === "drop-before") {
    requests.add(entry(), request.body);
    return "drop";
  }
  const { status, body, ...outcome } = await callOrRefuse(input, action, request, fault);
  await clock.sleep(isAction(action) ? (latency[action] ?? 0) : 0);
  const isDropped = fault?.kind === "drop-after";
  // Who has no key could fill our memory with bodies.
  const known = outcome.accountId ? request.body : undefined;
  requests.add({ ...entry(), ...outcome, ...(isDropped ? {} : { status }) }, known);
  const date = new Date(serviceTime(cloud)).toUTCString();
  return isDropped ? "drop" : json(status, { ...body, ...context() }, { ...CORS, date, ...retryAfter(fault) });
}

async function callOrRefuse(
  input: ApiRouteInput,
  action: string,
  request: HttpRequest,
  fault: CallFault | undefined,
): Promise<Outcome> {
  const { cloud, lockOut } = input;
  let account: Account | undefined;
  try {
    if (isRefusing(fault)) throw new Refusal(fault.kind, "Injected by a fault");
    if (!isAction(action)) throw noSuchAction(action);
    if (request.method !== "POST") throw new Refusal("wrong-method", `${request.method} is not POST`);
    const nowMs = serviceTime(cloud);
    account = OPEN.has(action) ? NOBODY : authenticate(request, { accounts: cloud.accounts, lockOut, nowMs });
    const body = runHandler({ cloud, account }, action, request.body, fault);
    // Not before this is on the disk may anybody hear of it.
    await cloud.store.settled();
    return { status: 200, body, accountId: account.id };
  } catch (error) {
    const refusal = refusalOf(cloud, error);
    const outcome = { status: refusal.status, code: refusal.body.Code, body: { Errors: [refusal.body] } };
    return account ? { ...outcome, accountId: account.id } : outcome;
  }
}

/** What the service's clock says, by which it judges signatures. */
function serviceTime({ settings, faults }: Cloud): number {
  return settings.clock.now() + faults.skewMs;
}

function noSuchAction(action: string): Refusal {
  const name = action.slice(0, LONGEST_NAME);
  if (!isKnownAction(action)) return new Refusal("unknown-action", `There is no action "${name}"`);
  return new Refusal("not-supported-here", `The local cloud does not emulate ${name}: see local-cloud actions`);
}

function runHandler<A extends ActionName>(call: Call, action: A, body: Buffer, fault: CallFault | undefined): object {
  const request = parseRequest(action, body, call.cloud.settings.strict);
  if ("DryRun" in request && request.DryRun === true) return {};
  const answer = handlers[action](call, request);
  return fault === undefined ? answer : { ...answer, ...endlessPage(call, fault, request) };
}

/** The token with which a page leads back to itself, or to ever new ones. */
function endlessPage({ cloud }: Call, { kind }: CallFault, request: object): object {
  const nowMs = cloud.settings.clock.now();
  if (kind === "endless-pages") return { NextPageToken: tokenOfFirstPage(nowMs, randomUUID()) };
  if (kind === "looping-pages") {
    const given = "NextPageToken" in request ? request.NextPageToken : undefined;
    return { NextPageToken: given ?? tokenOfFirstPage(nowMs, "") };
  }
  return {};
}

function refusalOf(cloud: Cloud, error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const trace = error instanceof Error ? error.stack : undefined;
  cloud.settings.log.write({ kind: "note", message: `local cloud: ${trace ?? messageOf(error)}` });
  return new Refusal("internal-error", messageOf(error));
}

function context(): { ResponseContext: { RequestId: string } } {
  return { ResponseContext: { RequestId: randomUUID() } };
}

function retryAfter(fault: CallFault | undefined): Record<string, string> {
  const seconds = isRefusing(fault) ? fault.retryAfterSeconds : undefined;
  return seconds === undefined ? {} : { "retry-after": String(seconds) };
}
