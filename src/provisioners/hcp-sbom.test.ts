import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeBench } from "../../tests/support/provisioners/provisioning.ts";
import { provisionerWarnings } from "./check-provisioners.ts";

describe("hcp-sbom", () => {
  it("copies the SBOM out of the image", async () => {
    await using bench = await makeBench();
    await writeFile(join(bench.folder, "sbom.json"), "{}");
    const destination = join(bench.folder, "host/sbom.json");
    await bench.run("hcp-sbom", { source: "/sbom.json", destination, sbom_name: "web-1" });
    expect(await readFile(destination, "utf8")).toBe("{}");
  });

  it("lets the build go on without it", async () => {
    await using bench = await makeBench();
    await mkdir(join(bench.folder, "host"));
    await bench.run("hcp-sbom", { source: "/gone.json", destination: join(bench.folder, "host/") });
    expect(bench.ui.of("warn")).toEqual([expect.stringMatching(/The SBOM "\/gone.json" was not copied: .*goes on/)]);
    await bench.run("hcp-sbom", { auto_generate: true });
  });

  it.each([
    [{}, /source: is required/],
    [{ source: "/x", auto_generate: true }, /auto_generate: cannot/],
    [{ source: "/x", sbom_name: "a" }, /sbom_name: must have/],
    [{ auto_generate: true, elevated_password: "x" }, /elevated_password: needs/],
  ])("refuses %j", async (options, message) => {
    await using bench = await makeBench();
    await expect(bench.run("hcp-sbom", options)).rejects.toThrow(message);
  });

  it("warns of what it does not do", () => {
    const location = { file: "web.pkr.hcl", line: 3, column: 1 };
    const definition = { type: "hcp-sbom", location, pauseBeforeMs: 0, timeoutMs: 0, maxRetries: 0 };
    const one = { ...definition, evaluate: () => ({}), show: () => ({}) };
    expect(provisionerWarnings({ provisioners: [one], errorCleanupProvisioner: undefined })).toEqual([
      expect.stringContaining('provisioner "hcp-sbom" (web.pkr.hcl:3): nothing is reported to HCP Packer'),
    ]);
  });
});
