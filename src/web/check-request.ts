import { isIP } from "node:net";
import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { secureHeaders } from "hono/secure-headers";
import { html } from "../report/markup.ts";
import { errorPage } from "./error-page.ts";
import type { Guard, Visitor } from "./guard.ts";
import { pageText } from "./page.ts";

/** What routes find in the context of a request. */
export interface WebEnv {
  Bindings: HttpBindings;
  Variables: {
    visitor: Visitor;
    /** What the fields of a form say. */
    form: URLSearchParams;
  };
}
export type WebApp = Hono<WebEnv>;
export type WebContext = Context<WebEnv>;

/** What a page may do: show our style, run our script, ask and be told by this server. Nothing of it is in the page itself. */
export const answerHeaders: MiddlewareHandler = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: ["'self'"],
    scriptSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  // With no referrer at all, a browser does not say of a form where it is from.
  referrerPolicy: "same-origin",
  xFrameOptions: "DENY",
  strictTransportSecurity: false,
});

/**
 * Refuses a request for a name that is not ours: a page of a stranger whose name leads here (DNS rebinding) would be of the
 * same origin as ours. No address of numbers can be such a name.
 * @param names Those by which browsers reach the server besides `localhost`, as they send them
 */
export function checkName(names: readonly string[]): MiddlewareHandler<WebEnv> {
  const known = new Set(["localhost", ...names]);
  return async (context, next) => {
    const name = hostnameOf(context);
    if (known.has(name) || isIP(name.replace(/^\[|\]$/g, "")) !== 0) return next();
    return errorPage(context, 421, "This server does not know the name by which it was asked", {
      hint: "The person who started it can allow that name with -host NAME",
    });
  };
}

/** Lets in whom the guard knows; the token of the address becomes a cookie and leaves the address. */
export function letIn(guard: Guard, isTls: boolean): MiddlewareHandler<WebEnv> {
  return async (context, next) => {
    const url = new URL(context.req.url);
    const cookieName = cookieNameOf(url);
    if (context.req.method === "GET" && guard.isToken(url.searchParams.get("token") ?? undefined)) {
      setCookie(context, cookieName, guard.cookie, { path: "/", httpOnly: true, sameSite: "Strict", secure: isTls });
      url.searchParams.delete("token");
      return isOfOtherSite(context) ? entrance(context, pathOf(url)) : context.redirect(pathOf(url), 303);
    }
    const visitor = guard.visitor({
      cookie: getCookie(context, cookieName),
      header: (name) => context.req.header(name),
    });
    if (visitor !== undefined) {
      context.set("visitor", visitor);
      return next();
    }
    return errorPage(context, 401, "You are not let in", { hint: howToComeIn(guard) });
  };
}

const METHODS: readonly string[] = ["GET", "HEAD", "POST"];

/** Refuses what neither a link nor a form of a page does. */
export const checkMethod: MiddlewareHandler<WebEnv> = async (context, next) => {
  if (METHODS.includes(context.req.method)) return next();
  context.header("Allow", METHODS.join(", "));
  return errorPage(context, 405, "Nothing is done in this way here");
};

/** Refuses what would change something unless it comes from a form of one of our own pages. */
export function checkForm(guard: Guard): MiddlewareHandler<WebEnv> {
  return async (context, next) => {
    const { method } = context.req;
    if (method === "GET" || method === "HEAD") return next();
    const form = await formOf(context);
    const isOurs = guard.isFormOf(context.get("visitor"), form.get("token"));
    const from = originHost(context);
    const { host } = new URL(context.req.url);
    if (isOurs && from === host) {
      context.set("form", form);
      return next();
    }
    if (isOurs && from !== undefined) {
      return errorPage(context, 403, `The page is of ${from}, and the request came for ${host}`, {
        hint: "Behind a reverse proxy, the reverse proxy has to pass on the Host header",
      });
    }
    return errorPage(context, 403, "This form is not of a page of this server", {
      hint: "Open the page again, and try once more",
    });
  };
}

/** A stream that another site opens would take the place of one that somebody looks at. */
export function isOfOurPage(context: WebContext): boolean {
  const site = context.req.header("sec-fetch-site");
  return site === undefined || site === "same-origin";
}

function isOfOtherSite(context: WebContext): boolean {
  return ["cross-site", "same-site"].includes(context.req.header("sec-fetch-site") ?? "");
}

/**
 * Leads on to a page of ours by one of ours. Whoever follows a link of another site, as in a mail or a chat, is still on that
 * site's way after a redirection: his browser would not send the cookie along.
 */
async function entrance(context: WebContext, path: string): Promise<Response> {
  const text = await pageText({
    ...{ title: "Come in", product: "outscale-chroot", links: [], here: "", leadsTo: path },
    heading: html`<h1>Come in</h1>`,
    body: html`<p><a href="${path}">Go on</a></p>`,
  });
  return context.html(text);
}

/** Only what a browser sends by itself for a form of ours is read. */
async function formOf(context: WebContext): Promise<URLSearchParams> {
  const type = context.req.header("content-type") ?? "";
  return new URLSearchParams(type.startsWith("application/x-www-form-urlencoded") ? await context.req.text() : "");
}

/** Every browser says of a form where it is from. The scheme may be that of a reverse proxy. */
function originHost(context: WebContext): string | undefined {
  const origin = context.req.header("origin") ?? "";
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function hostnameOf(context: WebContext): string {
  return new URL(context.req.url).hostname.toLowerCase();
}

/** Cookies know no ports: two servers on one machine would take each other's. */
function cookieNameOf({ port }: URL): string {
  return port === "" ? "outscale-chroot" : `outscale-chroot-${port}`;
}

/** Two slashes at the beginning would be the address of another server. */
function pathOf({ pathname, search }: URL): string {
  return pathname.replace(/^\/+/, "/") + search;
}

function howToComeIn(guard: Guard): string {
  return guard.token === undefined
    ? "Come through the reverse proxy that says who you are"
    : "Open the address that the command has printed at its start: it has the token. It is another one after every start";
}
