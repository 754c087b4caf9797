import { EventEmitter, on } from "node:events";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { html } from "../../src/report/markup.ts";
import type { LiveNews } from "../../src/web/live-stream.ts";
import { pageText, part } from "../../src/web/page.ts";
import { startWeb, type WebServer } from "../../src/web/start-web.ts";
import { requireTools } from "../support/suite/requirements.ts";
import { openBrowser, openPage } from "../support/web/browser.ts";

const describe = requireTools("chromium");

let browser: Browser;
let server: WebServer;
let page: Page;
let misdeeds: readonly string[];
/** Parts of the page that are new. */
const news = new EventEmitter();
const tell = (id: string, ...links: readonly string[]) => {
  const body = html`${links.map((name) => html`<a id="${name}" href="/${name}">${name}</a>`)}`;
  news.emit("news", [{ type: "part", id, body }]);
};

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  server = await startWeb({
    ...{ listenOn: { host: "127.0.0.1", port: 0 }, tls: undefined, authHeader: undefined, names: [] },
    onFailure: (message) => expect.unreachable(message),
    routes: (app, streams) => {
      app.get("/", async (context) => {
        const link = html`<a id="one" href="/one">one</a><a id="two" href="/two">two</a>`;
        const body = [part("running", link), part("ended", ""), part("ready", "")];
        const frame = { title: "Test", product: "Test", links: [], here: "/", heading: html`<h1>Test</h1>` };
        return context.html(await pageText({ ...frame, body, stream: "/events" }));
      });
      app.get("/events", (context) =>
        streams.open(context, async function* (_after, signal): AsyncGenerator<readonly LiveNews[]> {
          const told = on(news, "news", { signal });
          yield [{ type: "part", id: "ready", body: "ready" }];
          for await (const [parts] of told) yield parts;
        }),
      );
    },
  });
  ({ page, misdeeds } = await openPage(browser, server.url ?? ""));
  await page.locator("#ready", { hasText: "ready" }).waitFor();
});
afterEach(async () => {
  await page.context().close();
  await server[Symbol.asyncDispose]();
});

const focused = () => page.evaluate<string>("document.activeElement.id");

describe("the script of a page", () => {
  it("leaves the keyboard on what goes to another part, and never on what takes its place", async () => {
    await page.locator("#one").focus();
    tell("running", "two", "three");
    await page.locator("#three").waitFor();
    expect(await focused()).toBe("running");
    tell("running", "two");
    await page.locator("#three").waitFor({ state: "detached" });
    expect(await focused()).toBe("running");
    tell("ended", "one");
    await page.locator("#ended #one").waitFor();
    expect(await focused()).toBe("one");
    // From there it stays with it.
    tell("ended", "four", "one");
    await page.locator("#four").waitFor();
    expect(await focused()).toBe("one");
    expect(misdeeds).toEqual([]);
  });

  it("takes the keyboard from nobody who has gone on meanwhile", async () => {
    await page.locator("#one").focus();
    tell("running", "two");
    await page.locator("#one").waitFor({ state: "detached" });
    await page.locator("#two").focus();
    tell("ended", "one");
    await page.locator("#ended #one").waitFor();
    expect(await focused()).toBe("two");
  });
});
