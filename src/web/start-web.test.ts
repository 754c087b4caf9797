import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UsageError } from "../common/errors.ts";
import { html } from "../report/markup.ts";
import { actionForm } from "./action-form.ts";
import { type LiveNews, MOST_STREAMS } from "./live-stream.ts";
import { pageText } from "./page.ts";
import { startWeb, type WebInput, type WebServer } from "./start-web.ts";

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

let folder: string;
let done: string[];
let failures: string[];
/** Tells every stream of the test's pages that there is news. */
let news: (() => void)[];
const servers: WebServer[] = [];
beforeEach(async () => {
  [done, failures, news] = [[], [], []];
  folder = await mkdtemp(join(tmpdir(), "start-web-"));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function start(given: Partial<WebInput> = {}): Promise<WebServer> {
  const server = await startWeb({
    ...{ listenOn: { host: "127.0.0.1", port: 0 }, tls: undefined, authHeader: undefined, names: [] },
    onFailure: (message) => failures.push(message),
    routes: (app, streams) => {
      app.get("/", async (context) => {
        const form = actionForm(context.get("visitor"), { id: "do", action: "/do", button: "Do" });
        const visitor = context.get("visitor").name;
        const page = { product: "Test", links: [], here: "/", heading: html`<h1>Test</h1>`, body: form, visitor };
        return context.html(await pageText({ ...page, title: "Test" }));
      });
      app.post("/do", (context) => {
        done.push(context.get("visitor").name ?? "somebody");
        return context.redirect("/", 303);
      });
      app.get("/fail", () => {
        throw new Error("a bug");
      });
      app.all("/never", () => new Promise<Response>(() => undefined));
      app.all("/passing", () => {
        throw new UsageError("it passes");
      });
      app.get("/events", (context) =>
        streams.open(context, async function* (after, signal): AsyncGenerator<readonly LiveNews[]> {
          for (let round = after; !signal.aborted; round++) {
            yield [
              { type: "part", id: "same", body: "always the same" },
              { type: "items", list: "log", from: round, items: [html`<li>${"<b>"}${round}</li>`] },
            ];
            await new Promise<void>((resolve) => {
              news.push(resolve);
              signal.addEventListener("abort", () => resolve(), { once: true });
            });
          }
        }),
      );
    },
    ...given,
  });
  servers.push(server);
  return server;
}

function ask(where: { readonly port?: number; readonly socketPath?: string }, asked: Asked = {}): Promise<Answer> {
  const { path = "/", method = "GET", headers = {}, body } = asked;
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", ...where, path, method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece) => {
        text += piece;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    outgoing.on("error", reject).end(body);
  });
}

/** Comes in by the address that was printed. */
async function comeIn(server: WebServer) {
  const url = new URL(server.url ?? "");
  const where = { port: Number(url.port) };
  const { headers } = await ask(where, { path: url.pathname + url.search });
  const cookie = headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  const page = await ask(where, { headers: { cookie } });
  const token = /name="token" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
  const form = (asked: Partial<Asked> & { token?: string } = {}) =>
    ask(where, {
      path: "/do",
      method: "POST",
      body: `token=${encodeURIComponent(asked.token ?? token)}`,
      ...asked,
      headers: {
        cookie,
        origin: url.origin,
        "content-type": "application/x-www-form-urlencoded",
        ...asked.headers,
      },
    });
  return { where, cookie, page, token, form, url };
}

/** An open stream, and what has come of it. */
async function listen(where: { readonly port: number }, headers: Readonly<Record<string, string>>, path = "/events") {
  let text = "";
  const changed = new Set<() => void>();
  const outgoing = request({ host: "127.0.0.1", ...where, path, headers });
  outgoing.on("error", () => undefined).end();
  const response = await new Promise<import("node:http").IncomingMessage>((resolve) =>
    outgoing.once("response", resolve),
  );
  const ended = new Promise<void>((resolve) => response.once("close", resolve));
  response.setEncoding("utf8").on("data", (piece) => {
    text += piece;
    for (const look of changed) look();
  });
  const says = (words: string) =>
    new Promise<void>((resolve) => {
      const look = () => text.includes(words) && resolve();
      changed.add(look);
      look();
    });
  return { status: response.statusCode, says, text: () => text, ended, leave: () => outgoing.destroy() };
}

describe("startWeb()", () => {
  it("turns the token of the address into a cookie that no script and no other site gets", async () => {
    const server = await start();
    const url = new URL(server.url ?? "");
    const where = { port: Number(url.port) };
    const { status, headers } = await ask(where, { path: `/fail${url.search}&a=1` });
    expect([status, headers.location]).toEqual([303, "/fail?a=1"]);
    expect(headers["set-cookie"]?.[0]).toMatch(/^outscale-chroot-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(headers["set-cookie"]?.[0]).not.toContain(url.searchParams.get("token"));
    const { page } = await comeIn(server);
    expect(page.status).toBe(200);
  });

  it("answers whoever follows a link of another site with a page that goes on by itself, as he has no cookie yet", async () => {
    const server = await start();
    const url = new URL(server.url ?? "");
    const where = { port: Number(url.port) };
    for (const site of ["cross-site", "same-site"]) {
      const headers = { "sec-fetch-site": site };
      const answer = await ask(where, { path: `/fail${url.search}&a=1&b=%22%3E`, headers });
      expect(answer.status, site).toBe(200);
      expect(answer.text).toContain('<meta http-equiv="refresh" content="0; url=/fail?a=1&amp;b=%22%3E">');
      expect(answer.text).toContain('<a href="/fail?a=1&amp;b=%22%3E">');
      expect(answer.text).not.toContain(url.searchParams.get("token"));
      expect(answer.headers["set-cookie"]).toHaveLength(1);
      expect(answer.headers["content-security-policy"]).toContain("default-src 'none'");
    }
    for (const site of ["none", "same-origin"])
      expect((await ask(where, { path: `/${url.search}`, headers: { "sec-fetch-site": site } })).status).toBe(303);
  });

  it("does not lead to another server by its own address", async () => {
    const server = await start();
    const url = new URL(server.url ?? "");
    const { headers } = await ask({ port: Number(url.port) }, { path: `//evil.invalid/${url.search}` });
    expect(headers.location).toBe("/evil.invalid/");
  });

  it("lets in nobody without it, and says how to come in", async () => {
    const server = await start();
    const { where, cookie, token } = await comeIn(server);
    for (const [path, headers] of [
      ["/", {}],
      ["/?token=wrong", {}],
      [`/?token=${token}`, {}],
      ["/", { cookie: `${cookie}x` }],
      ["/", { cookie: "outscale-chroot-1=x" }],
      ["/events", {}],
      ["/", { "x-forwarded-user": "root", authorization: "Bearer x" }],
    ] as const) {
      const { status, text } = await ask(where, { path, headers });
      expect(status, path).toBe(401);
      expect(text).toContain("Open the address that the command has printed");
    }
  });

  it("refuses a name that is not its own, whatever the port, and takes those that it was given", async () => {
    const { where, cookie } = await comeIn(await start({ names: ["fleet.example.com"] }));
    const status = async (host: string) => (await ask(where, { headers: { cookie, host } })).status;
    for (const host of [
      "evil.invalid",
      "evil.invalid:8443",
      "localhost.evil.invalid",
      "127.0.0.1.evil.invalid",
      "example.com",
    ])
      expect(await status(host), host).toBe(421);
    // The cookie is one of another port then: it is let in by none of these, but the name is taken.
    for (const host of [
      "localhost:1",
      "127.0.0.1:1",
      "[::1]:1",
      "10.1.2.3",
      "fleet.example.com",
      "FLEET.example.com:444",
    ])
      expect(await status(host), host).toBe(401);
  });

  it("does what a form of its own page asks for, and nothing else", async () => {
    const { form, where, cookie, token, url } = await comeIn(await start());
    expect((await form()).status).toBe(303);
    expect(done).toEqual(["somebody"]);
    for (const [what, asked] of Object.entries<Parameters<typeof form>[0]>({
      "no origin": { headers: { origin: "" } },
      "origin null": { headers: { origin: "null" } },
      "another port": { headers: { origin: "http://127.0.0.1:1" } },
      "another site": { headers: { origin: "https://evil.invalid" } },
      "no token": { body: "" },
      "another token": { token: `${token}x` },
      "the token of the address": { token: url.searchParams.get("token") ?? "" },
      "a text": { headers: { "content-type": "text/plain" } },
      "a file as token": {
        headers: { "content-type": "multipart/form-data; boundary=x" },
        body: '--x\r\nContent-Disposition: form-data; name="token"; filename="a"\r\n\r\nx\r\n--x--\r\n',
      },
    })) {
      expect((await form(asked)).status, what).toBe(403);
    }
    const elsewhere = await form({ headers: { origin: "https://fleet.example.com" } });
    expect(elsewhere.text).toContain(`The page is of fleet.example.com, and the request came for ${url.host}`);
    expect(elsewhere.text).toContain("the reverse proxy has to pass on the Host header");
    const forged = await form({ headers: { origin: "https://fleet.example.com" }, token: `${token}x` });
    expect(forged.text).toContain("This form is not of a page of this server");
    expect((await form({ headers: { cookie: "" } })).status).toBe(401);
    expect(await ask(where, { path: "/do", headers: { cookie } })).toMatchObject({
      ...{ status: 405, headers: { allow: "POST" } },
    });
    expect(await form({ path: "/" })).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
    expect(await form({ method: "PUT" })).toMatchObject({ status: 405, headers: { allow: "GET, HEAD, POST" } });
    expect((await form({ body: `token=${token}&more=${"x".repeat(20_000)}` })).status).toBe(413);
    expect(done).toHaveLength(1);
  });

  it("sends every answer with a policy that allows nothing of the page's own", async () => {
    const { where, page, cookie } = await comeIn(await start());
    const answers = [page, await ask(where), await ask(where, { path: "/none", headers: { cookie } })];
    for (const { headers } of answers) {
      expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; style-src 'self'; script-src 'self';/);
      expect(headers["content-security-policy"]).not.toMatch(/unsafe|\*|data:|https?:/);
      expect(headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cache-control": "no-store",
      });
    }
    expect(page.text).not.toMatch(/<script>|<style>| style="| on[a-z]+="/);
    const assets = [...page.text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? "");
    expect(assets).toHaveLength(3);
    for (const path of assets) {
      const { status, headers } = await ask(where, { path });
      expect([status, headers["cache-control"]]).toEqual([200, "max-age=31536000, immutable"]);
    }
  });

  it("says nothing of a bug to whoever looks", async () => {
    const { where, cookie } = await comeIn(await start());
    const { status, text } = await ask(where, { path: "/fail", headers: { cookie } });
    expect(status).toBe(500);
    expect(text).not.toContain("a bug");
    expect(failures.join()).toContain("Error: a bug");
  });

  it("has a page that cannot be shown now asked for again, and no form", async () => {
    const { where, cookie, form } = await comeIn(await start({ statusOf: () => 503 }));
    const page = await ask(where, { path: "/passing", headers: { cookie } });
    expect([page.status, page.text.includes("<body data-again>")]).toEqual([503, true]);
    const answer = await form({ path: "/passing" });
    expect([answer.status, answer.text.includes("data-again")]).toEqual([503, false]);
    const other = await comeIn(await start());
    expect((await ask(other.where, { path: "/passing", headers: { cookie: other.cookie } })).status).toBe(409);
  });

  it("says of a form whose answer takes too long that it may have been done, and of a page no such thing", async () => {
    const { where, cookie, form } = await comeIn(await start({ answerMs: 2_000 }));
    const asked = [form({ path: "/never" }), ask(where, { path: "/never", headers: { cookie } })] as const;
    const [answer, page] = await Promise.all(asked);
    expect(answer.status).toBe(503);
    expect(answer.text).toContain("what you asked for may have been done or not");
    expect(answer.text).toContain("Look what has become of it before you try once more");
    expect([page.status, page.text.includes("may have been done")]).toEqual([503, false]);
  });

  it("takes the name of a reverse proxy's header, and no token then", async () => {
    const path = join(folder, "web.sock");
    const server = await start({ listenOn: { path }, authHeader: "X-Forwarded-User", names: ["fleet.example.com"] });
    expect(server.url).toBeUndefined();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const where = { socketPath: path };
    const headers = { host: "fleet.example.com", "x-forwarded-user": "<b>ada</b>" };
    const page = await ask(where, { headers });
    expect(page.text).toContain('<p class="visitor">&lt;b&gt;ada&lt;/b&gt;</p>');
    expect(page.headers["set-cookie"]).toBeUndefined();
    expect((await ask(where, { headers: { host: "fleet.example.com" } })).status).toBe(401);
    expect((await ask(where, { headers: { ...headers, host: "evil.invalid" } })).status).toBe(421);
    const token = /name="token" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    const post = (user: string) =>
      ask(where, {
        ...{ path: "/do", method: "POST", body: `token=${token}` },
        headers: {
          ...{ host: "fleet.example.com", origin: "https://fleet.example.com", "x-forwarded-user": user },
          "content-type": "application/x-www-form-urlencoded",
        },
      });
    expect((await post("<b>ada</b>")).status).toBe(303);
    expect((await post("eve")).status).toBe(403);
    expect(done).toEqual(["<b>ada</b>"]);
  });

  it("takes the place of a socket that a killed server has left, and of no other file", async () => {
    const path = join(folder, "web.sock");
    const first = await start({ listenOn: { path } });
    await expect(start({ listenOn: { path } })).rejects.toThrow("Cannot listen on");
    await first[Symbol.asyncDispose]();
    await expect(stat(path)).rejects.toThrow("ENOENT");
    await chmod(folder, 0o700);
    await expect(start({ listenOn: { path: folder } })).rejects.toThrow("Cannot listen on");
  });

  it("lets nobody look in whom nobody means", async () => {
    await expect(start({ listenOn: { host: "0.0.0.0", port: 0 } })).rejects.toThrow("could read along");
  });

  it("tells a page what is new: a part once, and items after those that it has", async () => {
    const { where, cookie } = await comeIn(await start());
    const stream = await listen(where, { cookie }, "/events?after=7");
    await stream.says('"from":7,"html":"<li>&lt;b&gt;7</li>"');
    for (const tell of news.splice(0)) tell();
    await stream.says('"from":8');
    expect(stream.text().match(/event: part/g)).toHaveLength(1);
    expect(stream.text()).toContain("id: 9\n");
    stream.leave();
    const again = await listen(where, { cookie, "last-event-id": "9" });
    await again.says('"from":9');
    again.leave();
  });

  it("opens so many streams and no more, and none for another site", async () => {
    const { where, cookie } = await comeIn(await start());
    const headers = { cookie };
    expect(
      (await ask(where, { path: "/events", headers: { ...headers, "sec-fetch-site": "cross-site" } })).status,
    ).toBe(403);
    const open = await Promise.all(Array.from({ length: MOST_STREAMS }, () => listen(where, headers)));
    expect((await ask(where, { path: "/events", headers })).status).toBe(503);
    open[0]?.leave();
    await expect
      .poll(async () => {
        const one = await listen(where, headers);
        one.leave();
        return one.status;
      })
      .toBe(200);
    for (const { leave } of open) leave();
  });

  it("answers at once to who asks for the head of a stream, which takes no place", async () => {
    const { where, cookie } = await comeIn(await start());
    const asked = Array.from({ length: MOST_STREAMS + 1 }, () =>
      ask(where, { path: "/events", method: "HEAD", headers: { cookie } }),
    );
    for (const { status, headers } of await Promise.all(asked))
      expect([status, headers["content-type"]]).toEqual([200, "text/event-stream"]);
    const stream = await listen(where, { cookie });
    expect(stream.status).toBe(200);
    stream.leave();
  });

  it("ends its streams when it is disposed of", async () => {
    const server = await start();
    const { where, cookie } = await comeIn(server);
    const stream = await listen(where, { cookie });
    await stream.says("always the same");
    await server[Symbol.asyncDispose]();
    await stream.ended;
    await expect(ask(where)).rejects.toThrow(/ECONNREFUSED|hang up/);
    expect(failures).toEqual([]);
  });
});
