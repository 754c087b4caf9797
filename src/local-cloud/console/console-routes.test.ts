import { afterEach, beforeEach, expect, it } from "vitest";
import { startWeb, type WebServer } from "../../web/start-web.ts";
import { FaultInjector } from "../faults.ts";
import { RequestLog } from "../http/request-log.ts";
import { NotReadyError } from "../local-cloud-error.ts";
import { addConsoleRoutes } from "./console-routes.ts";
import type { RegionLook, WatchedRegion } from "./region-look.ts";
import { statusOf } from "./status-of.ts";

/** A region that is being emptied, or was. */
class Region implements WatchedRegion {
  /** How many looks it refuses from now on. */
  refused = 0;
  readonly regionName = "eu-west-2";
  readonly endpoint = "http://localhost/api";
  readonly storageEndpoint = "http://localhost";
  readonly calls = new RequestLog();

  get faults(): FaultInjector {
    this.#ask();
    return new FaultInjector();
  }

  look(): RegionLook {
    this.#ask();
    const status = { violations: [], problems: [], accounts: [], devices: [], vms: [], images: 0 };
    const nothing = { images: [], snapshots: [], volumes: [], vms: [], buckets: [], faults: [] };
    return { status, ...nothing } as unknown as RegionLook;
  }

  #ask(): void {
    if (this.refused === 0) return;
    this.refused--;
    throw new NotReadyError();
  }
}

let region: Region;
let server: WebServer;
let base: URL;
let cookie: string;
const failures: string[] = [];
beforeEach(async () => {
  region = new Region();
  server = await startWeb({
    ...{ listenOn: { host: "127.0.0.1", port: 0 }, tls: undefined, authHeader: undefined, names: [] },
    ...{ routes: (app, streams) => addConsoleRoutes(app, streams, [region]), statusOf },
    onFailure: (message) => failures.push(message),
  });
  base = new URL(server.url ?? "");
  const entrance = await fetch(base, { redirect: "manual" });
  cookie = entrance.headers.get("set-cookie")?.split(";")[0] ?? "";
});
afterEach(() => server[Symbol.asyncDispose]());

const ask = (path: string, init: RequestInit = {}) =>
  fetch(new URL(path, base), { redirect: "manual", ...init, headers: { cookie, ...init.headers } });

it("the console has a page asked for again while its region begins anew, and says 400 for what is no fault", async () => {
  const token = /name="token" value="([^"]+)"/.exec(await (await ask("/eu-west-2/faults")).text())?.[1] ?? "";
  const post = (fields: Readonly<Record<string, string>>) =>
    ask("/eu-west-2/faults", {
      ...{ method: "POST", body: new URLSearchParams({ token, ...fields }) },
      headers: { origin: base.origin },
    });
  expect((await post({ kind: "none" })).status).toBe(400);
  region.refused = Number.POSITIVE_INFINITY;
  for (const path of ["/eu-west-2", "/eu-west-2/faults"]) {
    const page = await ask(path);
    expect([page.status, (await page.text()).includes("<body data-again>")], path).toEqual([503, true]);
  }
  expect((await post({ kind: "throttled-call", action: "*" })).status).toBe(503);
  // What is called meanwhile is known all the same.
  expect((await ask("/eu-west-2/calls")).status).toBe(200);
});

it("a stream of the console goes on when its region has begun anew", async () => {
  const stop = new AbortController();
  const { body } = await ask("/eu-west-2/events", { signal: stop.signal });
  let text = "";
  for await (const chunk of body ?? []) {
    text += Buffer.from(chunk).toString("utf8");
    if (text.includes("<strong>1</strong><span>calls")) break;
    if (region.calls.next > 0 || !text.includes('"id":"buckets"')) continue;
    region.refused = 1;
    region.calls.add({ atMs: 0, action: "ReadVms", status: 200, ms: 1 });
  }
  stop.abort();
  expect(failures).toEqual([]);
});
