import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** A page, and what it did that a page of ours never does. */
export interface OpenPage {
  readonly page: Page;
  readonly misdeeds: readonly string[];
}

/** Names end in `.invalid` lead to this machine, as those of somebody who rebinds his name would. */
export async function openBrowser(): Promise<Browser> {
  // Root may not use Chromium's sandbox; the pages are our own.
  const args = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP *.invalid 127.0.0.1",
  ];
  return chromium.launch({ executablePath: "/usr/bin/chromium", args, timeout: 600_000 });
}

/** Opens an address in a window of its own, without the cookies of others. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1_280, height: 900 }, ...options });
  context.setDefaultTimeout(300_000);
  const page = await context.newPage();
  const misdeeds: string[] = [];
  const { origin } = new URL(url);
  page.on("console", (message) => misdeeds.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => misdeeds.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    misdeeds.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`)) misdeeds.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  return { page, misdeeds };
}

/** How much wider than the window the page is. */
export async function overflow(page: Page): Promise<number> {
  return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
}
