import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FleetBench, openFleetBench } from "../support/fleet/fleet-bench.ts";
import type { Running } from "../support/program/running.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";
import { openBrowser, openPage, overflow } from "../support/web/browser.ts";

const describe = requirePrograms(...buildPrograms, "chromium", "redis-server");

const says = (page: Page, place: string, text: string | RegExp) =>
  page.locator(place, { hasText: text }).first().waitFor();

describe("outscale-chroot fleet web, without its queue", () => {
  let bench: FleetBench;
  let browser: Browser;
  let web: Running;
  let address: string;
  beforeAll(async () => {
    bench = await openFleetBench("fleet-web-lost", {}, { appendonly: "yes", appendfsync: "always" });
    browser = await openBrowser();
    web = bench.fleet.run(["fleet", "web", "-queue", bench.fleet.url, "-listen", "127.0.0.1:0"]);
    await web.says("Stop it with Ctrl-C");
    address = /http:\/\/\S+/.exec(web.output())?.[0] ?? "";
  });
  afterAll(async () => {
    await browser?.close();
    await bench?.[Symbol.asyncDispose]();
  });

  /** @returns its id */
  async function submit(): Promise<string> {
    const { code, output } = await bench.ask("build", "-detach", "web.pkr.hcl");
    expect(code, output).toBe(0);
    return output.split(" ")[0] ?? "";
  }

  it("says so on every page, shows what was seen last, does nothing meanwhile, and goes on by itself", async () => {
    const at = (path: string) => new URL(path, address).href;
    await bench.writeTemplate({ build: bench.pause });
    await bench.worker("worker", ["-slots", "1"]);
    const [running, other] = [await submit(), await submit()];
    await bench.reached();
    const added = await bench.ask("fleet", "schedule", "add", "-name", "nightly", "-cron", "@yearly", "web.pkr.hcl");
    expect(added.code, added.output).toBe(0);

    // A window each: a browser has few connections to one server.
    const open = async (path: string) => {
      const { page } = await openPage(browser, address);
      if (path !== "/") await page.goto(at(path));
      return page;
    };
    const shown: [Page, string, string][] = [
      [await open("/"), "#running", "outscale-chroot.web"],
      [await open("/builds"), "#build-list", "outscale-chroot.web"],
      [await open("/schedules"), "#schedules", "nightly"],
      [await open(`/builds/${running}`), "#state", "StepChrootProvision"],
    ];
    for (const [page, place, text] of shown) {
      await says(page, place, text);
      await says(page, "#connection", /^Live$/);
    }
    await shown[1]?.[0].locator("input[type=search]").fill("nothing has this");

    await bench.fleet.killRedis();
    for (const path of ["/", "/builds", "/schedules", `/builds/${running}`]) shown.push([await open(path), "main", ""]);
    for (const [page, place, text] of shown) {
      await says(page, "#stale", "The queue cannot be reached since 2");
      await says(page, "#stale", "This page shows what was seen at 2");
      await says(page, "#connection", "Not live: The queue cannot be reached");
      await says(page, place, text);
      await page.setViewportSize({ width: 360, height: 800 });
      expect(await overflow(page), page.url()).toBeLessThanOrEqual(0);
    }
    // Nobody has looked at this one.
    const unseen = await open(`/builds/${other}`);
    await says(unseen, "h1", "The queue cannot be reached");
    await says(unseen, "#connection", "It is tried again");
    const wish = await open(`/builds/${running}`);
    await wish.locator("#cancel-ask").click();
    await wish.locator("#cancel-do").click();
    await says(wish, "h1", "The queue cannot be reached: nothing was done");

    await bench.fleet.replaceRedis();
    for (const [page] of shown) {
      await says(page, "#connection", /^Live$/);
      expect(await page.locator("#stale").textContent()).toBe("");
    }
    await says(unseen, "#facts", other);
    // A list that was replaced is filtered as it was.
    expect(await shown[1]?.[0].locator("#build-list tbody tr:visible").count()).toBe(0);
    await bench.go();
    // It was not cancelled by what was asked for while nobody could be asked.
    await says(shown[3]?.[0] ?? unseen, "#now", "The build has ended: done");
    for (const page of [...shown.map(([page]) => page), unseen, wish]) await page.context().close();
    await bench.clear();
  });

  it("says of a build that the queue has lost that it does not know it", async () => {
    const { page } = await openPage(browser, address);
    await bench.writeTemplate();
    const { output } = await bench.ask(
      ...["build", "-detach", "-account", "123456789012", "-region", "eu-west-2", "web.pkr.hcl"],
    );
    const [id] = /^[0-9a-f]{16}/m.exec(output) ?? [];
    await page.goto(new URL(`/builds/${id}`, address).href);
    await says(page, "#state", "waiting");
    await bench.fleet.redis.flushall();
    await says(page, "#now", "The queue does not know this build any more");
    await page.context().close();
  });
});
