import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runRecordSchema } from "../../src/history/run-record.ts";
import { runReport } from "../../src/report/run-report.ts";
import { readContrasts } from "../support/report/read-contrasts.ts";
import { HOSTILE, sampleRecord } from "../support/report/sample-record.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("chromium");

describe("runReport(), in a browser", () => {
  let folder: string;
  let address: string;
  let browser: Browser;
  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "report-")));
    const file = join(folder, "report.html");
    await writeFile(file, await runReport(runRecordSchema.parse(sampleRecord())));
    address = pathToFileURL(file).href;
    // Root may not use Chromium's sandbox; the page is our own.
    const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args, timeout: 600_000 });
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  /** Opens the report, and lists what it did that a document does not do. */
  async function open(colorScheme: "light" | "dark" = "light"): Promise<{ page: Page; misdeeds: string[] }> {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1_280, height: 900 } });
    page.setDefaultTimeout(300_000);
    const misdeeds: string[] = [];
    page.on("console", (message) => misdeeds.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => misdeeds.push(`error: ${error.message}`));
    page.on("dialog", (dialog) => {
      misdeeds.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => {
      if (request.url() !== address) misdeeds.push(`request: ${request.url()}`);
    });
    await page.goto(address);
    return { page, misdeeds };
  }

  it("shows everything of a run, hostile texts as texts, and reaches nothing", async () => {
    const { page, misdeeds } = await open();
    expect(await page.title()).toBe("outscale-chroot.web: failed");
    const titles = await page.locator("h2").allTextContents();
    expect(titles).toEqual([
      "Summary",
      "Timeline",
      "Critical path",
      "What changed in the image",
      "Packages (13)",
      "Boot test",
      "Image check",
      "Provenance",
      "Resources",
      "Tags, permissions and options",
      "API calls",
      "Log",
    ]);
    for (const id of ["summary", "changes", "boot", "resources", "configuration", "calls", "log"]) {
      expect(await page.locator(`#${id}`).textContent(), id).toContain(HOSTILE);
    }
    // Each section that the table of contents names is there, and the markup of no text has become markup of the page.
    const links = await page.locator("nav a").evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""));
    for (const link of links) expect(await page.locator(link).count()).toBe(1);
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.locator("script").count()).toBe(1);
    expect(misdeeds).toEqual([]);
    await page.close();
  });

  it("draws every phase where it was, with words for those who do not see it", async () => {
    const { page } = await open();
    const bars = await page.locator("#timeline svg[role=img] g").evaluateAll((groups) =>
      groups.map((group) => {
        const rect = group.querySelector("rect");
        return {
          title: group.querySelector("title")?.textContent ?? "",
          x: Number(rect?.getAttribute("x")),
          width: Number(rect?.getAttribute("width")),
        };
      }),
    );
    const { phases } = sampleRecord();
    expect(bars).toHaveLength(phases.length);
    const find = (name: string) => bars.find(({ title }) => title.includes(name));
    const [provisioning, wait] = [find("step StepChrootProvision"), find("wait snapshot")];
    expect((provisioning?.width ?? 0) / (wait?.width ?? 1)).toBeCloseTo(31_000 / 17_500, 1);
    expect(find("web.pkr.hcl:36")?.title).toContain("failed");
    expect(await page.locator("#timeline table tbody tr").count()).toBe(phases.length);
    expect(await page.locator("#timeline svg[role=img]").getAttribute("aria-labelledby")).toBe("timeline-chart");
    await page.close();
  });

  it("finds lines by the keyboard alone", async () => {
    const { page, misdeeds } = await open();
    await page.locator("#log input").focus();
    await page.keyboard.type("NGINX setting");
    expect(await page.locator("#log-lines li:visible").allTextContents()).toEqual([
      expect.stringContaining("Setting up nginx"),
    ]);
    expect(await page.locator("#log output").textContent()).toBe("1 of 5");
    await page.locator("#log input").fill("");
    expect(await page.locator("#log-lines li:visible").count()).toBe(5);
    await page.locator("#packages input").fill("openssl");
    expect(await page.locator("#packages tbody tr:visible").count()).toBe(1);
    expect(misdeeds).toEqual([]);
    await page.close();
  });

  it.each(["light", "dark"] as const)("can be read in %s, and does not run over the edge", async (scheme) => {
    const { page, misdeeds } = await open(scheme);
    const contrasts = await page.evaluate<[string, number][]>(readContrasts);
    for (const [what, contrast] of contrasts) expect(contrast, what).toBeGreaterThan(4.5);
    await page.setViewportSize({ width: 420, height: 800 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(420);
    expect(misdeeds).toEqual([]);
    await page.close();
  });

  it("has all of the log on paper", async () => {
    const { page } = await open();
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("nav").isVisible()).toBe(false);
    expect(await page.locator("#log-lines").evaluate((log) => log.scrollHeight <= log.clientHeight)).toBe(true);
    await page.close();
  });
});
