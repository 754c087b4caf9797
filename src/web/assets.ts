import { createHash } from "node:crypto";
import { style as reportStyle } from "../report/style.ts";
import type { WebApp } from "./check-request.ts";
import { pageScript } from "./page-script.ts";
import { pageStyle } from "./page-style.ts";

interface Asset {
  readonly path: string;
  readonly text: string;
  readonly type: string;
  /** The browser takes what has this digest and nothing else. */
  readonly integrity: string;
}

/** The one style of every page: that of reports, and what a page that changes needs besides. */
export const style = assetOf(reportStyle + pageStyle, "css", "text/css");
export const icon = assetOf(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#3b6fb6"/><path d="M4 4h8v2H4zm0 3h5v2H4zm0 3h7v2H4z" fill="#fff"/></svg>`,
  "svg",
  "image/svg+xml",
);
/** The one script of every page. Without it pages are as they were when they were opened. */
export const script = assetOf(pageScript, "js", "text/javascript");

/** They are named by their digest, so that a browser may keep them. There is nothing in them that anybody may not see. */
export function serveAssets(app: WebApp): void {
  for (const { path, text, type } of [style, icon, script]) {
    app.get(path, (context) => {
      return context.body(text, 200, {
        "content-type": `${type}; charset=utf-8`,
        "cache-control": "max-age=31536000, immutable",
      });
    });
  }
}

function assetOf(text: string, extension: string, type: string): Asset {
  const digest = createHash("sha256").update(text).digest();
  return {
    path: `/assets/${digest.toString("hex").slice(0, 16)}.${extension}`,
    text,
    type,
    integrity: `sha256-${digest.toString("base64")}`,
  };
}
