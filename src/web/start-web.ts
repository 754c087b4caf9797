import { chmod } from "node:fs/promises";
import { createServer as createPlainServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { getRequestListener } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { timeout } from "hono/timeout";
import { ChrootError, messageOf, UsageError } from "../common/errors.ts";
import { portOf, removeDeadSocket } from "../common/listening.ts";
import { serveAssets } from "./assets.ts";
import type { WebApp, WebContext, WebEnv } from "./check-request.ts";
import { answerHeaders, checkForm, checkMethod, checkName, letIn } from "./check-request.ts";
import { checkDoor, type Door } from "./door.ts";
import { errorPage } from "./error-page.ts";
import { Guard } from "./guard.ts";
import { type ListenOn, urlOf } from "./listen-on.ts";
import { LiveStreams } from "./live-stream.ts";

export interface WebInput extends Door {
  /** Adds the pages. */
  readonly routes: (app: WebApp, streams: LiveStreams) => void;
  /** Told what could not be answered. */
  readonly onFailure: (message: string) => void;
  /** What HTTP calls something that went wrong; without it, or where it has no word, it is something that cannot be done as it stands. */
  readonly statusOf?: (error: ChrootError) => ErrorStatus | undefined;
  /** How long an answer may take, in milliseconds. */
  readonly answerMs?: number;
}

/** 503 for what passes by itself. */
export type ErrorStatus = 400 | 403 | 404 | 409 | 410 | 503;

export interface WebServer extends AsyncDisposable {
  /** What a person opens: with the token. It passes no mask. A Unix socket has none. */
  readonly url: string | undefined;
}

/** HTTP's status for what passes. */
const NOT_NOW = 503;
const LARGEST_FORM_BYTES = 16 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const ANSWER_MS = 20_000;
const LOOK_FIRST = "Look what has become of it before you try once more";
const MOST_CONNECTIONS = 500;
const LAST_ANSWERS_MS = 1_000;

/**
 * Serves pages until it is disposed of.
 * @throws {UsageError} where it would let in whom nobody means, or when the address is taken
 */
export async function startWeb(input: WebInput): Promise<WebServer> {
  const { listenOn, tls, authHeader, routes, onFailure } = input;
  checkDoor(input);
  const guard = new Guard(authHeader);
  const stop = new AbortController();
  const app = appOf(input, guard);
  routes(app, new LiveStreams(stop.signal, onFailure));
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const options = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS };
  const server = tls ? createTlsServer({ ...options, ...tls }, listener) : createPlainServer(options, listener);
  server.maxConnections = MOST_CONNECTIONS;
  await listenTo(server, listenOn);
  server.on("error", (error) => onFailure(messageOf(error)));
  const path = guard.token === undefined ? "/" : `/?token=${guard.token}`;
  return {
    url: "path" in listenOn ? undefined : urlOf({ ...listenOn, port: portOf(server) }, tls !== undefined) + path,
    [Symbol.asyncDispose]: () => close(server, stop),
  };
}

function appOf(input: WebInput, guard: Guard): WebApp {
  const { names, tls, onFailure, statusOf = () => undefined, answerMs = ANSWER_MS } = input;
  const app: WebApp = new Hono<WebEnv>({ strict: false });
  app.use(answerHeaders);
  app.use(checkName(names));
  serveAssets(app);
  app.use(async (context, next) => {
    await next();
    if (!context.res.headers.has("cache-control")) context.res.headers.set("cache-control", "no-store");
  });
  app.use(bodyLimit({ maxSize: LARGEST_FORM_BYTES }));
  app.use(timeout(answerMs, late));
  app.use(letIn(guard, tls !== undefined));
  app.use(checkMethod);
  app.use(checkForm(guard));
  app.notFound((context) => notFound(app, context));
  app.onError((error, context) => {
    if (error instanceof HTTPException) {
      const isPassing = error.status === NOT_NOW;
      const hint = isPassing && context.req.method === "POST" ? LOOK_FIRST : undefined;
      return errorPage(context, error.status, error.message, { hint, isPassing });
    }
    if (error instanceof ChrootError) {
      const status = statusOf(error) ?? 409;
      return errorPage(context, status, error.message, { hint: error.hint, isPassing: status === NOT_NOW });
    }
    onFailure(`${context.req.method} ${context.req.path}: ${error.stack ?? messageOf(error)}`);
    return errorPage(context, 500, "Something went wrong here", { hint: "The command has said what" });
  });
  return app;
}

/** What a form wants goes on, although nobody waits for it any more. */
function late(context: Context): HTTPException {
  const message =
    context.req.method === "POST"
      ? "This takes longer than a page waits: what you asked for may have been done or not"
      : "What this page shows does not answer just now";
  return new HTTPException(NOT_NOW, { message });
}

/** What is there for a button is no page, and a page is nothing for a button. */
function notFound(app: WebApp, context: WebContext): Promise<Response> {
  const { method, path } = context.req;
  // What is used for every path and method comes with each answer.
  const routesOf = (each: string) => app.router.match(each, path)[0].length;
  const other = method === "POST" ? "GET" : "POST";
  if (routesOf(other) <= routesOf("")) return errorPage(context, 404, "There is no such page");
  context.header("Allow", other === "GET" ? "GET, HEAD" : "POST");
  const what = other === "GET" ? "There is no such action, but a page" : "This is no page, but what a button does";
  return errorPage(context, 405, what);
}

/** @throws {UsageError} when somebody has the address */
async function listenTo(server: Server, on: ListenOn): Promise<void> {
  if ("path" in on) await removeDeadSocket(on.path);
  const shown = "path" in on ? on.path : `${on.host}:${on.port}`;
  // The socket is its owner's from its first moment on.
  const mask = process.umask(0o077);
  const listening = new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(on, resolve);
  });
  process.umask(mask);
  await listening.catch((error: unknown) => {
    throw new UsageError(`Cannot listen on ${shown}: ${messageOf(error)}`, { hint: "-listen names another address" });
  });
  if ("path" in on) await chmod(on.path, 0o600);
}

/** Ends the streams, and lets the answers on their way go out. */
async function close(server: Server, stop: AbortController): Promise<void> {
  stop.abort();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS);
  await closed;
  clearTimeout(late);
}
