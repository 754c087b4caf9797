import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { ansibleShape } from "../provisioners/ansible/options.ts";
import { fileShape } from "../provisioners/file/options.ts";
import { provisionerTypes } from "../provisioners/registry.ts";
import { shellShape } from "../provisioners/shell/options.ts";
import { shellLocalShape } from "../provisioners/shell-local/options.ts";
import { manifestShape } from "./manifest/manifest.ts";
import { postProcessorTypes } from "./registry.ts";

const page = await readFile(new URL("../../docs/provisioners.md", import.meta.url), "utf8");

/** The text below a headline, up to the next one. */
function section(title: string): string {
  const [, text = ""] = page.split(new RegExp(`^#+ ${title}$`, "m"));
  return text.split(/^#+ /m)[0] ?? "";
}

describe("docs/provisioners.md", () => {
  it.each([
    ["shell", shellShape],
    ["file", fileShape],
    ["shell-local", shellLocalShape],
    ["ansible", ansibleShape],
    ["manifest", manifestShape],
  ])("has every option of %s, and no other", (type, shape) => {
    const rows = section(type)
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    const documented = rows.flatMap((row) => row.split("|")[1]?.match(/[a-z_]+/g) ?? []);
    expect(documented.sort()).toEqual(Object.keys(shape).sort());
  });

  it("has every type", () => {
    for (const type of provisionerTypes.keys()) expect(page).toContain(`\`${type}\``);
    for (const type of postProcessorTypes.keys()) expect(section(type)).not.toBe("");
  });
});
