import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readComparable, recordInputs } from "../../../tests/support/bake/record-inputs.ts";
import { ownAccount, sourceOmi } from "../../../tests/support/builder/api-objects.ts";
import { secrets } from "../../common/secrets.ts";
import type { RunRecord } from "../../history/run-record.ts";
import { sinceLast } from "./since-last.ts";

const region = "eu-west-2";
const source = sourceOmi({ ImageId: "ami-12345678" });
const online = { accountId: ownAccount, source };

describe("sinceLast()", () => {
  let folder: string;
  let env: { readonly OUTSCALE_CHROOT_STATE: string; readonly OSC_REGION: string };
  let template: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "since-last-"));
    env = { OUTSCALE_CHROOT_STATE: join(folder, "state"), OSC_REGION: region };
    template = join(folder, "web.pkr.hcl");
    write();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const plain = { tag: "one", script: "echo one", more: "", file: "read.txt" };

  /** Writes a template with inputs of many kinds, and the file that counts. */
  function write(changes: Partial<typeof plain> = {}) {
    const { tag, script, more, file } = { ...plain, ...changes };
    writeFileSync(join(folder, file), "one");
    writeFileSync(
      template,
      `data "outscale-omi" "other" {
  filters = { image-name = "other" }
  owners  = ["self"]
}
source "outscale-chroot" "web" {
  omi_name             = "web-\${uuidv4()}-{{timestamp}}"
  source_omi           = "${source.image.ImageId}"
  skip_unchanged       = true
  skip_unchanged_files = ["${join(folder, file)}"]
  tags                 = { Kind = "${tag}" }
}
build {
  sources = ["outscale-chroot.web"]
  provisioner "shell" {
    inline = ["${script}"]
  }
  ${more}
}
`,
    );
  }

  async function since(more: Partial<Parameters<typeof sinceLast>[1]> = {}) {
    return sinceLast(await readComparable({ template, env }), { template, region, facts: online, ...more });
  }
  const record = (more?: Partial<RunRecord>) => recordInputs({ template, env, source: source.image }, more);

  it("knows nothing where no run has left a record", async () => {
    expect(await since()).toBeUndefined();
  });

  it("finds nothing changed in what is the same", async () => {
    await record();
    expect(await since()).toEqual({
      runId: "0a1b2c3d4e5f",
      startedAt: "2026-01-02T03:04:05.000Z",
      imageId: "ami-5e6f7a8b",
      changed: [],
      unknown: [],
    });
  });

  it.each<[string, Parameters<typeof write>[0], readonly string[]]>([
    ["a tag", { tag: "two" }, ["option tags"]],
    ["a script", { script: "echo two" }, ["provisioner 1 (shell)"]],
    ["a new provisioner", { more: 'provisioner "breakpoint" {}' }, ["provisioner 2 (breakpoint)"]],
    ["two of them", { tag: "two", script: "echo two" }, ["option tags", "provisioner 1 (shell)"]],
  ])("names %s", async (_, changes, changed) => {
    await record();
    write(changes);
    expect((await since())?.changed).toEqual(changed);
  });

  it("names what is gone, a file that has other contents, and another source", async () => {
    write({ more: 'provisioner "breakpoint" {}' });
    await record();
    write();
    expect((await since())?.changed).toEqual(["provisioner 2 (breakpoint)"]);
    await record();
    writeFileSync(join(folder, "read.txt"), "two");
    expect((await since())?.changed).toEqual([`file ${join(folder, "read.txt")}`]);
    const facts = { ...online, source: sourceOmi({ ImageId: "ami-00000001" }) };
    expect((await since({ facts }))?.changed).toEqual([`file ${join(folder, "read.txt")}`, "source OMI"]);
  });

  it("takes what it cannot know for neither: the source, and what comes from data sources", async () => {
    await record();
    expect(await since({ facts: undefined })).toMatchObject({
      changed: [],
      unknown: ["source OMI", "source snapshots"],
    });
    write({ tag: "${data.outscale-omi.other.id}", script: "echo ${data.outscale-omi.other.id}" });
    expect(await since({ facts: undefined })).toMatchObject({
      changed: [],
      unknown: ["source OMI", "source snapshots", "option tags", "provisioner 1 (shell)"],
    });
  });

  it("compares with the newest run that has an OMI and says what it was made of", async () => {
    await record({ runId: "000000000001", startedAt: "2026-02-01T00:00:00.000Z" });
    write({ tag: "two" });
    await record({ runId: "000000000002", startedAt: "2026-03-01T00:00:00.000Z" });
    await record({ runId: "000000000003", startedAt: "2026-04-01T00:00:00.000Z", product: null });
    await record({ runId: "000000000004", startedAt: "2026-04-02T00:00:00.000Z", inputs: null });
    expect(await since()).toMatchObject({ runId: "000000000002", changed: [] });
  });

  it("does not compare with another template, build, region or account", async () => {
    await record({ template: { path: "/elsewhere/app.pkr.hcl", sha256: "00", files: [] } });
    expect(await since()).toBeUndefined();
    await record({ build: "outscale-chroot.app" });
    expect(await since()).toBeUndefined();
    await record({ account: { accountId: "000000000000", region, endpoint: "https://api.invalid" } });
    expect(await since()).toBeUndefined();
    expect(await since({ facts: undefined })).toBeDefined();
    await record();
    expect(await since({ region: "us-east-2" })).toBeUndefined();
    expect(await since()).toBeDefined();
  });

  it("shows no secret that is in the name of a file, and still knows the file", async () => {
    const file = "swordfish-of-since-last";
    secrets.add(file);
    write({ file });
    await record();
    expect((await since())?.changed).toEqual([]);
    writeFileSync(join(folder, file), "two");
    expect((await since())?.changed).toEqual([`file ${folder}/<sensitive>`]);
  });
});
