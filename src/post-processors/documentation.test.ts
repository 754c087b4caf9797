import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { build } from "../../tests/support/provisioners/provisioning.ts";
import { ansibleShape } from "../provisioners/ansible/options.ts";
import { checkProvisioners } from "../provisioners/check-provisioners.ts";
import { fileShape } from "../provisioners/file/options.ts";
import { hcpSbomShape } from "../provisioners/hcp-sbom.ts";
import { provisionerTypes } from "../provisioners/registry.ts";
import { shellShape } from "../provisioners/shell/options.ts";
import { shellLocalShape } from "../provisioners/shell-local/options.ts";
import { loadTemplate } from "../template/load-template.ts";
import { artificeShape } from "./artifice/artifice.ts";
import { checkPostProcessors } from "./check-post-processors.ts";
import { checksumShape } from "./checksum.ts";
import { compressShape } from "./compress/compress.ts";
import { manifestShape } from "./manifest/manifest.ts";
import { postProcessorTypes } from "./registry.ts";

const page = await readFile(new URL("../../docs/provisioners.md", import.meta.url), "utf8");

/** The text below a headline, up to the next one. */
function section(title: string): string {
  const [, text = ""] = page.split(new RegExp(`^#+ ${title}$`, "m"));
  return text.split(/^#+ /m)[0] ?? "";
}

describe("docs/provisioners.md", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "documentation-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("has examples that are templates in good order", async () => {
    const playbook = join(folder, "site.yml");
    await writeFile(playbook, "[]\n");
    const examples = [...page.matchAll(/^```hcl\n(.*?)^```$/gms)].map(([, text]) =>
      text?.replace('"./site.yml"', `"${playbook}"\nskip_version_check = true`),
    );
    const path = join(folder, "examples.pkr.hcl");
    const source = 'source "outscale-chroot" "debian" {\n}\n';
    const blocks = examples.join("\n");
    await writeFile(path, `${source}build {\nsources = ["source.outscale-chroot.debian"]\n${blocks}}\n`);
    const { builds } = await loadTemplate({ path, env: {} });
    expect(builds.map(({ provisioners, postProcessors }) => [...provisioners, ...postProcessors].length)).toEqual([7]);
    for (const definition of builds) {
      expect(checkProvisioners(definition, build)).toEqual([]);
      expect(checkPostProcessors(definition.postProcessors, build)).toEqual([]);
    }
  });

  it.each([
    ["shell", shellShape],
    ["file", fileShape],
    ["shell-local", shellLocalShape],
    ["ansible", ansibleShape],
    ["hcp-sbom", hcpSbomShape],
    ["manifest", manifestShape],
    ["artifice", artificeShape],
    ["checksum", checksumShape],
    ["compress", compressShape],
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
