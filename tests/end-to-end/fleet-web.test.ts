import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "bullmq";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { FleetQueue } from "../../src/fleet/queue/fleet-queue.ts";
import { OutputWriter } from "../../src/fleet/queue/output-writer.ts";
import { keepRun, scheduleSubject } from "../../src/fleet/schedule/schedule.ts";
import { readKeys } from "../../src/fleet/seal/fleet-key.ts";
import { Sealer } from "../../src/fleet/seal/seal.ts";
import { nothing } from "../support/bake/bake.ts";
import { type FleetBench, openFleetBench } from "../support/fleet/fleet-bench.ts";
import {
  hostileEvents,
  hostileJob,
  hostileResult,
  hostileSchedule,
  hostileWorker,
} from "../support/fleet/hostile-messages.ts";
import type { Running } from "../support/program/running.ts";
import { readContrasts } from "../support/report/read-contrasts.ts";
import { HOSTILE, sampleRecord } from "../support/report/sample-record.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";
import { openBrowser, openPage, overflow } from "../support/web/browser.ts";

const describe = requirePrograms(...buildPrograms, "chromium", "redis-server");

let bench: FleetBench;
let { bakery, fleet, folder } = {} as FleetBench;
let browser: Browser;
let web: Running;
/** With the token. */
let address: string;

beforeAll(async () => {
  bench = await openFleetBench("fleet-web");
  ({ bakery, fleet, folder } = bench);
  browser = await openBrowser();
  web = fleet.run(["fleet", "web", "-queue", fleet.url, "-listen", "127.0.0.1:0"]);
  await web.says("Stop it with Ctrl-C");
  address = /http:\/\/\S+/.exec(web.output())?.[0] ?? "";
});
afterAll(async () => {
  await browser?.close();
  await bench[Symbol.asyncDispose]();
});

const at = (path: string) => new URL(path, address).href;

/** Waits in the build until each file is there, having told that it has come so far. */
async function submitBuild(): Promise<void> {
  await writeFile(join(folder, "hostile.sh"), `#!/bin/sh\ncat <<'END'\n${HOSTILE}\nEND\n`);
  await bench.writeTemplate({
    build: `
  provisioner "shell" { script = "hostile.sh" }
  provisioner "shell-local" { inline = ["echo first wait", "until [ -e ${bakery.folder}/on ]; do sleep 0.05; done", "echo went on",
    "until [ -e ${bakery.folder}/end ]; do sleep 0.05; done"] }`,
  });
  const { code, output } = await bench.ask("build", "-detach", "web.pkr.hcl");
  expect(code, output).toBe(0);
}

const letOn = (name: "on" | "end") => writeFile(join(bakery.folder, name), "");
const says = (page: Page, place: string, text: string | RegExp) =>
  page.locator(place, { hasText: text }).first().waitFor();

describe("outscale-chroot fleet web, with a worker", () => {
  let worker: Running;

  it("shows a build as it comes and goes on, cancels it by the keyboard, and drains its worker", async () => {
    const overview = await openPage(browser, address);
    expect(overview.page.url()).toBe(at("/"));
    await says(overview.page, "#connection", /^Live$/);
    await says(overview.page, "#workers", "No worker has been heard of");
    worker = await fleet.startWorker("worker");
    await submitBuild();
    // Nobody loads it again: it is told.
    await says(overview.page, "#running", "outscale-chroot.web");
    await says(overview.page, "#summary", "1 build runs, 0 wait; 1 worker is there.");
    await says(overview.page, "#running td", "first wait");
    await overview.page.locator("#running a").click();
    const { page } = overview;
    await says(page, "#state", "StepChrootProvision");
    await page.locator("#timeline-now rect.going-on").first().waitFor();
    await says(page, "#log-lines li", "first wait");
    const lines = await page.locator("#log-lines li").count();
    await letOn("on");
    await says(page, "#log-lines li", "went on");
    expect(await page.locator("#log-lines li").count()).toBeGreaterThan(lines);
    expect(await page.locator("#log-lines li", { hasText: "first wait" }).count()).toBe(1);
    expect(await page.locator("#log-lines").textContent()).toContain(HOSTILE);

    await page.locator("#cancel-ask").focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await says(page, ".notice", "The worker was told");
    // A browser gives the focus when it paints.
    await expect.poll(() => page.evaluate("document.activeElement.className")).toBe("notice");
    await says(page, "#state", "cancelled");
    expect(await bakery.leftovers()).toEqual(nothing);
    await page.locator("#report").click();
    await says(page, "h1", "cancelled");
    for (const part of ["Summary", "Timeline", "Log"]) await says(page, "h2", part);

    await letOn("end");
    await page.locator("#retry-do").click();
    await says(page, ".notice", "submitted again");
    await says(page, "body", "done");
    await page.goto(at("/"));
    await says(page, "#ended", "eu-west-2:ami-");
    await says(page, "#ended td", "1 of 3");
    await page.locator("#workers summary").click();
    await page.locator("#workers button").click();
    expect(await worker.ended()).toBe(0);
    await says(page, "#workers", "No worker has been heard of");
    for (const told of ["is cancelled", "is submitted again as", "is drained"]) expect(web.output()).toContain(told);
    expect(overview.misdeeds).toEqual([]);
    await page.context().close();
    for (const image of (await bakery.leftovers()).images)
      await bakery.api.deleteImage({ ImageId: image.split(" ")[0] ?? "" });
    for (const SnapshotId of (await bakery.leftovers()).snapshots) await bakery.api.deleteSnapshot({ SnapshotId });
  });
});

describe("outscale-chroot fleet web, with hostile texts in every field", () => {
  const place = { accountId: "123456789012", region: "eu-west-2", label: undefined };
  const [RUNNING, WAITING, FAILED, RECORDED] = ["aa01", "aa02", "aa03", "aa04"];
  let queue: FleetQueue;
  let taken: Worker;
  beforeAll(async () => {
    await fleet.redis.flushall();
    queue = new FleetQueue(place, fleet.redis, new Sealer(readKeys(fleet.keyFile, {}), Date.now));
    await plant(queue);
    // Takes the first one and never ends.
    await new Promise<void>((resolve) => {
      const take = () => new Promise<unknown>(() => resolve());
      const options = { connection: fleet.redis, prefix: "outscale-chroot", lockDuration: 3_600_000 };
      taken = new Worker(queue.name, take, options);
    });
    await queue.jobs.add("build", { sealed: HOSTILE }, { jobId: HOSTILE.replaceAll(":", "") });
  });
  afterAll(async () => {
    await taken?.close(true);
    await queue?.[Symbol.asyncDispose]();
  });

  async function plant(queue: FleetQueue): Promise<void> {
    for (const id of [RUNNING, WAITING, FAILED, RECORDED]) await queue.submit(hostileJob(id));
    await fleet.redis.set(
      queue.keyOf("claim", RUNNING),
      queue.seal(JSON.stringify({ worker: HOSTILE }), "claim", RUNNING),
    );
    const output = new OutputWriter(queue, { id: RUNNING, attempt: await queue.countRun(RUNNING) }, () => undefined);
    output.write({ type: "begins", worker: HOSTILE, host: HOSTILE, attempt: 1 });
    const now = Date.now();
    for (const event of hostileEvents(now)) output.write({ type: "event", event });
    await output.end({ type: "left-out", lines: 3 });
    await queue.keepResult(FAILED, hostileResult("failed"));
    const schedule = queue.seal(JSON.stringify(hostileSchedule()), "schedule", scheduleSubject(HOSTILE));
    await fleet.redis.hset(queue.keyOf("schedules"), HOSTILE, schedule);
    await keepRun(queue, HOSTILE, { due: now, builds: [{ build: HOSTILE, id: HOSTILE }] });
    await queue.keepResult(RECORDED, { ...hostileResult("done"), record: sampleRecord() });
    // Without a seal, or with somebody else's: it is not shown at all.
    await fleet.redis.sadd("outscale-chroot:fleet:queues", `1.eu-west-2.${HOSTILE}`, HOSTILE);
    await fleet.redis.hset(
      queue.keyOf("workers"),
      "w-unsealed",
      JSON.stringify({ ...hostileWorker(), host: "unsealed" }),
    );
    await fleet.redis.xadd(queue.keyOf("output", RUNNING), "*", "number", HOSTILE, "sealed", HOSTILE);
  }

  /** A worker that has told nothing of itself for a minute is not shown any more. */
  beforeEach(async () => {
    const worker = JSON.stringify(hostileWorker());
    await fleet.redis.hset(queue.keyOf("workers"), HOSTILE, queue.seal(worker, "worker", HOSTILE));
  });

  it.each(["light", "dark"] as const)("shows them as texts, in %s, wide and narrow", async (colorScheme) => {
    const { page, misdeeds } = await openPage(browser, address, { colorScheme, reducedMotion: "reduce" });
    for (const [path, places] of Object.entries({
      "/": ["#running", "#waiting", "#workers", "#ended"],
      "/builds": ["#build-list"],
      "/schedules": ["#schedule-list"],
      [`/builds/${RUNNING}`]: ["h1", "#state", "#now", "#timeline-now", "#log-lines", "#facts"],
      [`/builds/${FAILED}`]: ["h1", ".notice.error", "#facts"],
      [`/builds/${RECORDED}`]: ["h1", "#summary", "#changes", "#log", "#facts"],
    })) {
      await page.goto(at(path));
      if ((await page.locator("#connection").count()) > 0) await says(page, "#connection", /^Live$/);
      // The look is shared and may be a second old: what is new comes to the page by itself.
      for (const place of places) {
        await expect
          .poll(() => page.locator(place).first().textContent(), { message: `${path} ${place}` })
          .toContain(HOSTILE);
      }
      expect(await page.locator("img").count(), path).toBe(0);
      expect(await page.locator("script").count(), path).toBe(1);
      expect(await page.content()).not.toContain("unsealed");
      for (const width of [1_280, 360]) {
        await page.setViewportSize({ width, height: 800 });
        expect(await overflow(page), `${path} at ${width}`).toBeLessThanOrEqual(0);
      }
    }
    const contrasts = await page.evaluate<[string, number][]>(readContrasts);
    for (const [what, contrast] of contrasts) expect(contrast, what).toBeGreaterThan(4.5);
    expect(misdeeds).toEqual([]);
    await page.context().close();
  });

  it("can be read without a script, and says that it stands still", async () => {
    const { page, misdeeds } = await openPage(browser, address, { javaScriptEnabled: false });
    expect(await page.locator("noscript").textContent()).toContain("look again");
    await page.locator("#running a").click();
    expect(await page.locator("#log-lines").textContent()).toContain(HOSTILE);
    expect(misdeeds).toEqual([]);
    await page.context().close();
  });

  it("has landmarks, a way past the bar, and a visible focus", async () => {
    const { page } = await openPage(browser, address);
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("main");
    for (const role of ["banner", "navigation", "main", "contentinfo"] as const)
      expect(await page.getByRole(role).count(), role).toBe(1);
    const unnamed =
      "[...document.querySelectorAll('a, button, summary')].filter((each) => each.textContent.trim() === '').length";
    expect(await page.evaluate(unnamed)).toBe(0);
    await page.locator("#waiting a").focus();
    expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid");
    await page.context().close();
  });

  it("is open in more windows than a browser has connections, as one that nobody sees has none", async () => {
    const { page: first } = await openPage(browser, address);
    const hide = (isHidden: boolean) => `
      Object.defineProperty(document, "hidden", { value: ${isHidden}, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));`;
    for (let count = 0; count < 8; count++) {
      const page = await first.context().newPage();
      await page.goto(at("/"));
      await says(page, "#connection", /^Live$/);
      await page.evaluate(hide(true));
    }
    await first.evaluate(hide(true));
    const fresh = JSON.stringify({ ...hostileWorker(), slots: 5 });
    await fleet.redis.hset(queue.keyOf("workers"), HOSTILE, queue.seal(fresh, "worker", HOSTILE));
    await first.evaluate(hide(false));
    await says(first, "#workers", "1 of 5");
    await first.context().close();
  });

  it("keeps what was opened and where the keyboard is when a part is replaced", async () => {
    const { page } = await openPage(browser, address);
    const button = page.locator("#workers button");
    await page.locator("#workers summary").click();
    await button.focus();
    const fresh = JSON.stringify({ ...hostileWorker(), slots: 9 });
    await fleet.redis.hset(queue.keyOf("workers"), HOSTILE, queue.seal(fresh, "worker", HOSTILE));
    await says(page, "#workers", "1 of 9");
    expect(await page.locator("#workers details").getAttribute("open")).not.toBeNull();
    expect(await page.evaluate("document.activeElement.tagName")).toBe("BUTTON");
    await page.context().close();
  });

  it("does not lose a click when its place is to be replaced while the button is down", async () => {
    const { page } = await openPage(browser, address);
    await says(page, "#connection", /^Live$/);
    const shown = await page.locator("#workers summary").boundingBox();
    await page.mouse.move((shown?.x ?? 0) + 5, (shown?.y ?? 0) + 5);
    await page.mouse.down();
    const fresh = JSON.stringify({ ...hostileWorker(), slots: 7 });
    await fleet.redis.hset(queue.keyOf("workers"), HOSTILE, queue.seal(fresh, "worker", HOSTILE));
    await says(page, "#figures", "6 of 7");
    await says(page, "#queues td.number", "7");
    expect(await page.locator("#workers").textContent()).not.toContain("1 of 7");
    await page.mouse.up();
    await says(page, "#workers", "1 of 7");
    expect(await page.locator("#workers details").getAttribute("open")).not.toBeNull();
    await page.context().close();
  });

  it("has a page for a build that was cancelled while it waited, and submits it again", async () => {
    const { page, misdeeds } = await openPage(browser, address);
    await page.locator("#waiting a").first().click();
    await says(page, "#facts", WAITING);
    await page.locator("#cancel-ask").click();
    await page.locator("#cancel-do").click();
    await says(page, ".notice", "The build is taken back: no worker had it.");
    expect(page.url()).toBe(at(`/builds/${WAITING}?said=taken-back`));
    await says(page, "h1", "cancelled");
    await says(page, ".notice.error", "The build was cancelled while it waited");
    await says(page, "#facts", HOSTILE);
    await page.goto(at("/builds"));
    await says(page, `#build-list tr:has(a[href="/builds/${WAITING}"])`, "cancelled");
    await page.locator(`#build-list a[href="/builds/${WAITING}"]`).click();
    await page.locator("#retry-do").click();
    await says(page, ".notice", "submitted again");
    await says(page, "#state", "waiting");
    expect(misdeeds).toEqual([]);
    await page.context().close();
  });

  it("removes a schedule by a form of its own, once it was asked and by the keyboard", async () => {
    const { page, misdeeds } = await openPage(browser, address);
    await page.goto(at("/schedules"));
    await says(page, "#connection", /^Live$/);
    const schedules = () => fleet.redis.hlen(queue.keyOf("schedules"));
    const origin = new URL(address).origin;
    const fields = { name: HOSTILE, queue: queue.name };
    for (const form of [fields, { ...fields, token: "x" }]) {
      const forged = await page.request.post(at("/schedules/remove"), { headers: { origin }, form });
      expect(forged.status()).toBe(403);
    }
    const token = (await page.locator("#schedules input[name=token]").getAttribute("value")) ?? "";
    const unknown = { ...fields, queue: "1.eu-west-2", token };
    const refused = await page.request.post(at("/schedules/remove"), { headers: { origin }, form: unknown });
    expect([refused.status(), await refused.text()]).toEqual([404, expect.stringContaining("There is no queue")]);
    expect(await schedules()).toBe(1);
    await page.locator("#schedules summary").focus();
    await page.keyboard.press("Enter");
    await says(page, "#schedules details", "Builds that it has submitted go on");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await says(page, ".notice", "The schedule is removed");
    await says(page, "#schedules", "There are no schedules");
    expect(await schedules()).toBe(0);
    expect(web.output()).toContain("is removed\n");
    expect(misdeeds).toEqual([]);
    await page.context().close();
  });

  it("can be read with very long texts, and by who looks at many builds one after another", async () => {
    const { page, misdeeds } = await openPage(browser, address, { viewport: { width: 360, height: 800 } });
    const long = "x".repeat(5_000);
    const ids = Array.from({ length: 34 }, (_, index) => `bb${String(index).padStart(2, "0")}`);
    for (const id of ids) {
      const standing = { group: long, priority: "low" } as const;
      await queue.submit({ ...hostileJob(id), build: `${id} ${long}`, submitter: long, standing });
    }
    for (const id of ids) expect((await page.request.get(at(`/builds/${id}`))).status(), id).toBe(200);
    for (const path of ["/", "/builds", `/builds/${ids[0]}`]) {
      await page.goto(at(path));
      await says(page, "#connection", /^Live$/);
      await says(page, "main", `${ids[0]} xxx`);
      expect(await overflow(page), path).toBeLessThanOrEqual(0);
      const widest = "Math.max(0, ...[...document.querySelectorAll('td')].map((cell) => cell.offsetWidth))";
      expect(await page.evaluate(widest), path).toBeLessThan(500);
    }
    expect(misdeeds).toEqual([]);
    await page.context().close();
  });

  it("refuses whoever comes by another name, and whoever has no token", async () => {
    const { port, search } = new URL(address);
    const rebound = await openPage(browser, `http://evil.invalid:${port}/${search}`);
    expect(await rebound.page.title()).toContain("does not know the name");
    expect(await rebound.page.context().cookies()).toEqual([]);
    const stranger = await openPage(browser, at("/"));
    expect(await stranger.page.title()).toContain("You are not let in");
    for (const { page } of [rebound, stranger]) await page.context().close();
  });

  it("ends at once when it is told to, with a page open that says so", async () => {
    const { page } = await openPage(browser, address);
    await says(page, "#connection", /^Live$/);
    expect(await web.stopped()).toBe(0);
    await says(page, "#connection", "The connection is lost");
    await page.context().close();
  });
});

it("outscale-chroot fleet web refuses what would let in strangers, before it looks for a queue", async () => {
  for (const [argv, message] of [
    [["-listen", "0.0.0.0:0"], "Everybody on the way could read along"],
    [["-listen", "example.com:1"], "-listen must be an IP address"],
    [["-tls-cert", "none.pem"], "belong together"],
    [["-host", "https://fleet.example.com:8443/"], "-host must be a name alone"],
    [["-listen", "0.0.0.0:0", "-auth-header", "X-User"], "would let in everybody"],
  ] as const) {
    const refused = fleet.run(["fleet", "web", "-queue", "unix:/nowhere", ...argv]);
    expect(await refused.ended(), refused.output()).toBe(2);
    expect(refused.output()).toContain(message);
  }
});
