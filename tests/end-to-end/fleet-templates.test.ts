import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { nothing } from "../support/bake/bake.ts";
import { type FleetBench, openFleetBench } from "../support/fleet/fleet-bench.ts";
import { startVmWorker } from "../support/fleet/lost-vm.ts";
import type { Running } from "../support/program/running.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms(...buildPrograms, "redis-server");

let bench: FleetBench;
/** Workers that have an environment of their own. */
const others: Running[] = [];
beforeAll(async () => {
  bench = await openFleetBench("fleet-templates");
});
afterEach(async () => {
  for (const worker of others.splice(0)) {
    await worker.stopped();
  }
  await bench.clear();
});
afterAll(() => bench[Symbol.asyncDispose]());

/** A worker without `-local`: its keys are in its environment. */
async function workerWith(env: NodeJS.ProcessEnv): Promise<void> {
  others.push(await startVmWorker(bench, 0, [], env));
}

async function build(argv: readonly string[] = [], env: NodeJS.ProcessEnv = {}, template = "web.pkr.hcl") {
  const run = bench.fleet.run(["build", "-queue", bench.fleet.url, ...argv, template], {
    folder: bench.folder,
    env,
  });
  return { code: await run.ended(), output: run.output() };
}

async function write(path: string, text: string): Promise<void> {
  const absolute = join(bench.folder, path);
  await mkdir(dirname(absolute), { recursive: true });
  await writeFile(absolute, text);
}

/** A data source that finds nothing. */
const nowhere = `
data "outscale-omi" "base" {
  filters = { image-name = "None-*" }
  owners  = ["Outscale"]
}`;
const read = (path: string) => readFile(join(bench.folder, path), "utf8");
/** The submitters of these tests have no keys. */
const nothingMade = async () => expect(await bench.bakery.leftovers()).toEqual(nothing);

describe("a template on a fleet", () => {
  it("has its data sources read by the worker, as its submitter has no keys", async () => {
    await bench.writeTemplate({
      top: `
data "outscale-omi" "base" {
  filters     = { image-name = "Debian-12-*" }
  owners      = ["Outscale"]
  most_recent = true
}
locals { base = "of \${data.outscale-omi.base.name}" }`,
      source: `
  omi_name = "web"
  tags     = { base = data.outscale-omi.base.id }`,
      build: `provisioner "shell" { inline = ["echo made '\${local.base}'"] }`,
    });
    await bench.worker();
    const { code, output } = await build();
    expect(code, output).toBe(0);
    expect(output).toContain("made of Debian-12-");
    const { Images } = await bench.bakery.api.readImages({ Filters: { ImageNames: ["web"] } });
    expect(Images[0]?.Tags).toContainEqual({ Key: "base", Value: expect.stringMatching(/^ami-/) });
  });

  it("fails with its place in the template when a data source finds nothing, and leaves nothing", async () => {
    await bench.writeTemplate({
      top: nowhere,
      source: `omi_name = "web-\${data.outscale-omi.base.name}"`,
    });
    await bench.worker();
    const { code, output } = await build();
    expect(code, output).toBe(3);
    expect(output).toMatch(
      /Error: web\.pkr\.hcl:\d+:\d+: Cannot read the data source "outscale-omi": .*no available OMI/,
    );
    await nothingMade();
  });

  it("is refused when a post-processor, which runs at the submitter, needs a data source", async () => {
    await bench.writeTemplate({
      top: nowhere,
      build: `post-processor "shell-local" { inline = ["echo \${data.outscale-omi.base.name}"] }`,
    });
    await bench.worker();
    const { code, output } = await build();
    expect(code, output).toBe(4);
    expect(output).toContain("comes from a data source, which the worker reads; post-processors run on this machine");
    await nothingMade();
  });

  it("has the variables, files of variables and env() of its submitter, whatever the worker has", async () => {
    await bench.writeTemplate({
      top: `
variable "auto" {}
variable "given" {}
variable "flag" {}
variable "exported" {}
variable "level" { default = env("LEVEL") }
variable "unset" { default = env("ONLY_AT_THE_WORKER") }
variable "nobody" { default = "by default" }`,
      build: `provisioner "shell" { inline = [
        "echo '\${var.auto}, \${var.given}, \${var.flag}, \${var.exported}, \${var.level}, <\${var.unset}>, \${var.nobody}'"] }`,
    });
    await write("site.auto.pkrvars.hcl", `auto = "auto file"\n`);
    await write("../given/prod.pkrvars.hcl", `given = "given file"\n`);
    const all = ["auto", "given", "flag", "exported", "nobody"];
    await workerWith({
      ...Object.fromEntries(all.map((name) => [`PKR_VAR_${name}`, "of the worker"])),
      ...{ LEVEL: "of the worker", ONLY_AT_THE_WORKER: "of the worker" },
    });
    const flags = ["-var-file", "../given/prod.pkrvars.hcl", "-var", "flag=flag"];
    const { code, output } = await build(flags, { PKR_VAR_exported: "exported", LEVEL: "high" }, ".");
    expect(code, output).toBe(0);
    expect(output).toContain("auto file, given file, flag, exported, high, <>, by default");
    const missing = await build(["-var-file", "none.pkrvars.hcl"]);
    expect(missing.code, missing.output).not.toBe(0);
    expect(missing.output).toContain("none.pkrvars.hcl");
    expect(missing.output).not.toContain("Submitted to");
  });

  it("names a profile of the worker, which its submitter does not have", async () => {
    const { OSC_ACCESS_KEY, OSC_SECRET_KEY } = bench.bakery.cloud.environment;
    const profiles = join(bench.bakery.folder, "profiles.json");
    await writeFile(profiles, JSON.stringify({ ci: { access_key: OSC_ACCESS_KEY, secret_key: OSC_SECRET_KEY } }));
    await bench.writeTemplate({ source: `omi_name = "web"\n  profile = "ci"` });
    await workerWith({ OSC_CONFIG_FILE: profiles });
    const { code, output } = await build();
    expect(code, output).toBe(0);
  });

  it("says that it is the worker that lacks a profile, which its submitter has", async () => {
    const profiles = join(bench.bakery.folder, "own-profiles.json");
    await writeFile(profiles, JSON.stringify({ ci: { access_key: "A".repeat(20), secret_key: "b".repeat(40) } }));
    await bench.writeTemplate({ source: `omi_name = "web"\n  profile = "ci"` });
    await workerWith({ OSC_CONFIG_FILE: join(bench.bakery.folder, "none.json") });
    const { code, output } = await build([], { OSC_CONFIG_FILE: profiles });
    expect(code, output).toBe(5);
    expect(output).toMatch(/On the worker .*: Cannot read the profile "ci" from ".*none\.json"/);
    await nothingMade();
  });

  it("has its post-processors and results where it was submitted", async () => {
    await bench.writeTemplate({
      build: `
  post-processor "shell-local" { inline = ["echo $ONLY_HERE $PACKER_BUILD_NAME > post-processed"] }
  post-processor "manifest" { output = "made.json" }`,
    });
    await bench.worker();
    const argv = ["-result", "result.json", "-report", "report.html", "-diff", "web.diff.json"];
    const { code, output } = await build(argv, { ONLY_HERE: "at the submitter" });
    expect(code, output).toBe(0);
    expect(await read("post-processed")).toBe("at the submitter web\n");
    const result = JSON.parse(await read("result.json"));
    const { imageId } = result.builds[0].artifact;
    expect(JSON.parse(await read("made.json")).builds[0].artifact_id).toBe(`eu-west-2:${imageId}`);
    expect(await read("report.html")).toContain(imageId);
    expect(JSON.parse(await read("web.diff.json"))).toBeTypeOf("object");
  });

  it("keeps its OMI and says so when nobody here may delete it, as every post-processor has failed", async () => {
    await bench.writeTemplate({ build: `post-processor "shell-local" { inline = ["exit 7"] }` });
    await bench.worker();
    const { code, output } = await build(["-result", "result.json"]);
    expect(code, output).toBe(10);
    const [image = ""] = (await bench.bakery.leftovers()).images;
    const [imageId] = image.split(" ");
    expect(output).toContain(`The OMI eu-west-2:${imageId} stands: this machine has no access to its account`);
    const { builds } = JSON.parse(await read("result.json"));
    expect(builds[0]).toMatchObject({ outcome: "failed", artifact: { imageId }, error: { code: "E_POST_PROCESS" } });
  });
});

requirePrograms(
  ...buildPrograms,
  "redis-server",
  "ansible-playbook",
)("an Ansible playbook on a fleet", () => {
  it("travels with its roles, their templates and its variables, and changes the image", async () => {
    await write("play/site.yml", "- hosts: all\n  gather_facts: false\n  roles: [motd]\n");
    await write("play/group_vars/all.yml", "who: the group\n");
    await write("play/roles/motd/defaults/main.yml", "what: a role\n");
    await write("play/roles/motd/templates/motd.j2", "{{ what }} for {{ who }}, {{ packer_build_name }}");
    // The image has no Python, and this module of Ansible needs none.
    await write(
      "play/roles/motd/tasks/main.yml",
      `- raw: "echo {{ lookup('template', 'motd.j2') | quote }} > /etc/motd"\n`,
    );
    await bench.writeTemplate({
      build: `
  provisioner "shell" { inline = ["printf '#!/bin/sh\\n' > /usr/bin/python3", "chmod 755 /usr/bin/python3"] }
  provisioner "ansible" { playbook_file = "play/site.yml" }
  provisioner "shell" { inline = ["echo it says: $(cat /etc/motd)"] }`,
    });
    await bench.worker();
    const { code, output } = await build();
    expect(code, output).toBe(0);
    expect(output).toContain("it says: a role for the group, web");
    await expect(stat(join(bench.folder, "play/site.retry"))).rejects.toThrow("ENOENT");
  });
});
