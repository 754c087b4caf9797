import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { portOf } from "../../src/common/listening.ts";
import { startCloudWithConsole } from "../../src/local-cloud/console/start-with-console.ts";
import type { LocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import { type Answer, signedCall } from "../support/local-cloud/signed-call.ts";
import { readContrasts } from "../support/report/read-contrasts.ts";
import { HOSTILE } from "../support/report/sample-record.ts";
import { requireTools } from "../support/suite/requirements.ts";
import { openBrowser, openPage, overflow } from "../support/web/browser.ts";

const describe = requireTools("chromium");

const says = (page: Page, place: string, text: string | RegExp) =>
  page.locator(place, { hasText: text }).first().waitFor();

describe("the console of a local cloud", () => {
  let folder: string;
  let browser: Browser;
  let cloud: LocalCloud;
  let address = "";
  const failures: string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "local-cloud-console-"));
    browser = await openBrowser();
    cloud = await startCloudWithConsole(
      {
        ...{ stateFolder: join(folder, "cloud"), blocks: "memory", regions: ["eu-west-2", "us-east-2"] },
        latency: { "snapshot.pending": 3_600_000 },
      },
      {
        onAddress: (url) => {
          address = url;
        },
        onFailure: (message) => failures.push(message),
      },
    );
  });
  afterAll(async () => {
    await browser?.close();
    await cloud?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const at = (path: string) => new URL(path, address).href;
  function call(action: string, request: unknown): Promise<Answer> {
    const { accessKey, secretKey } = cloud.account("builder");
    return signedCall({ endpoint: cloud.endpoint, accessKey, secretKey }, action, request);
  }

  it("shows what is in the cloud as it changes, hostile texts as texts, and what must never be done", async () => {
    const { page, misdeeds } = await openPage(browser, address);
    expect(page.url()).toBe(at("/eu-west-2"));
    await says(page, "#connection", /^Live$/);
    await says(page, "#violations", "Nothing was done");
    await says(page, "#images", "Debian-12-2026.01.01-0");
    const [vm] = (await call("ReadVms", {})).body.Vms;
    const { Volume } = (await call("CreateVolume", { SubregionName: "eu-west-2a", Size: 7 })).body;
    await says(page, "#volumes", Volume.VolumeId);
    await call("CreateSnapshot", { VolumeId: Volume.VolumeId, Description: HOSTILE });
    await says(page, "#snapshots", HOSTILE);
    await call("LinkVolume", { VolumeId: Volume.VolumeId, VmId: vm.VmId, DeviceName: "/dev/xvdf" });
    await says(page, "#volumes", `${vm.VmId} as /dev/xvdf`);
    await says(page, "#violations", "Builds did to a disk what they must never do");
    expect(await page.locator("img").count()).toBe(0);
    await page.getByRole("link", { name: "us-east-2" }).click();
    await says(page, "h1", "us-east-2");
    expect(await page.locator("#volumes").textContent()).not.toContain(Volume.VolumeId);
    expect(misdeeds).toEqual([]);
    await page.context().close();
  });

  it("shows calls as they come in, without their secrets, and finds them", async () => {
    await openPage(browser, address).then(async ({ page, misdeeds }) => {
      await page.goto(at("/eu-west-2/calls"));
      await says(page, "#connection", /^Live$/);
      await call("CreateImage", { ImageName: HOSTILE });
      await says(page, "#call-lines li.error", "CreateImage 400");
      expect(await page.locator("#call-lines").textContent()).toContain(JSON.stringify(HOSTILE));
      await page.locator("input[type=search]").fill("CreateImage");
      await call("ReadVmsState", {});
      await call("CreateImage", { ImageName: "<" });
      await page.locator("#call-lines li:visible", { hasText: "CreateImage" }).nth(1).waitFor();
      expect(await page.locator("#call-lines li:visible", { hasText: "ReadVmsState" }).count()).toBe(0);
      expect(await page.content()).not.toContain(cloud.account("builder").secretKey);
      expect(misdeeds).toEqual([]);
      await page.context().close();
    });
  });

  it("adds faults and clears them, and says what is none", async () => {
    const { page, misdeeds } = await openPage(browser, address);
    await page.goto(at("/eu-west-2/faults"));
    await page.locator("#fault-kind").selectOption("throttled-call");
    await page.locator("#fault-action").fill("ReadQuotas");
    await page.locator("#fault-times").fill("2");
    await page.locator("#fault-add").click();
    await says(page, "#faults", "throttled-call");
    expect((await call("ReadQuotas", {})).status).toBe(429);
    await page.locator("#clear-do").click();
    await says(page, "#faults", "No fault waits");
    expect((await call("ReadQuotas", {})).status).toBe(200);
    expect(misdeeds).toEqual([]);
    await page.locator("#fault-kind").selectOption("stuck");
    await page.locator("#fault-add").click();
    await says(page, "h1", "That is no fault: transition");
    expect(cloud.faults.list()).toEqual([]);
    await page.context().close();
  });

  it.each(["light", "dark"] as const)("can be read in %s, wide and narrow", async (colorScheme) => {
    const { page, misdeeds } = await openPage(browser, address, { colorScheme });
    for (const path of ["/eu-west-2", "/eu-west-2/calls", "/eu-west-2/faults"]) {
      await page.goto(at(path));
      for (const width of [1_280, 360]) {
        await page.setViewportSize({ width, height: 800 });
        expect(await overflow(page), `${path} at ${width}`).toBeLessThanOrEqual(0);
      }
    }
    const texts = new Set(["h1", "p", ".muted", "a", "td", "th"]);
    await page.goto(at("/eu-west-2"));
    const contrasts = await page.evaluate<[string, number][]>(readContrasts);
    for (const [what, contrast] of contrasts) if (texts.has(what)) expect(contrast, what).toBeGreaterThan(4.5);
    expect(misdeeds).toEqual([]);
    await page.context().close();
  });

  it("lets in whoever follows a link of another site to its address", async () => {
    const site = createServer((_request, response) => {
      response.setHeader("content-type", "text/html").end(`<a href="${address}">the console</a>`);
    });
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    const { page } = await openPage(browser, `http://chat.invalid:${portOf(site)}/`);
    await page.getByRole("link").click();
    await says(page, "#connection", /^Live$/);
    expect(page.url()).toBe(at("/eu-west-2"));
    await page.context().close();
    site.close();
  });

  it("lets in nobody without its token, and ends with the cloud", async () => {
    for (const path of ["/", "/eu-west-2", "/eu-west-2/calls/events"]) expect((await fetch(at(path))).status).toBe(401);
    const { page } = await openPage(browser, address);
    await says(page, "#connection", /^Live$/);
    await cloud.close();
    await says(page, "#connection", "The connection is lost");
    await expect(fetch(at("/"))).rejects.toThrow("fetch failed");
    expect(failures).toEqual([]);
    await page.context().close();
  });
});
