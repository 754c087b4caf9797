import { writeFileSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { Builder } from "../../src/builder/builder.ts";
import { type BakeEvent, type BakeInput, bake, findRun, type PlanInput, plan } from "../../src/index.ts";
import { type Bakery, idleHook, nothing, openBakery } from "../support/bake/bake.ts";
import { hastyClock } from "../support/bake/hasty-clock.ts";
import { ImageOwner } from "../support/bake/image-owner.ts";
import { RecordedCalls } from "../support/bake/recorded-calls.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requireRoot();

/** A base, and an application on the newest base: all that varies by the run is in it. */
const template = (folder: string) => `
variable "greeting" {
  type    = string
  default = "hello"
}
variable "password" {
  type      = string
  sensitive = true
  default   = "hunter2"
}
variable "tag" {
  type    = string
  default = "one"
}
source "outscale-chroot" "base" {
  omi_name       = "base-\${formatdate("YYYYMMDDhhmmss", timestamp())}-\${uuidv4()}"
  source_omi_filter {
    filters = { image-name = "origin*" }
    owners      = ["self"]
    most_recent = true
  }
  boot_check     = "off"
  skip_unchanged = true
  tags           = { Built = timestamp(), Kind = var.tag }
  polling {
    min = "5ms"
    max = "50ms"
  }
}
source "outscale-chroot" "app" {
  omi_name       = "app-{{timestamp}}-{{uuid}}"
  source_omi_filter {
    filters     = { image-name = "base-*" }
    owners      = ["self"]
    most_recent = true
  }
  boot_check     = "off"
  skip_unchanged = true
  polling {
    min = "5ms"
    max = "50ms"
  }
}
build {
  sources = ["source.outscale-chroot.base", "source.outscale-chroot.app"]
  provisioner "shell" {
    env    = { PASSWORD = var.password, HASH = bcrypt(var.password, 4) }
    inline = ["echo \${var.greeting} $(date) > /etc/motd"]
  }
  provisioner "file" {
    only        = ["outscale-chroot.app"]
    source      = "${folder}/app.conf"
    destination = "/etc/app.conf"
  }
  post-processor "manifest" {
    output = "${folder}/manifest.json"
  }
}
`;

describe("skip_unchanged", () => {
  let bakery: Bakery;
  let own: ImageOwner;
  let path: string;
  beforeAll(async () => {
    bakery = await openBakery("unchanged-test");
    own = new ImageOwner(bakery, "builder");
    path = join(bakery.folder, "web.pkr.hcl");
    await writeFile(path, template(bakery.folder));
  });
  afterAll(async () => {
    await own.api[Symbol.asyncDispose]();
    await bakery.close();
  });
  beforeEach(async () => {
    await writeFile(join(bakery.folder, "app.conf"), "port = 80\n", { mode: 0o644 });
    await own.register({ ImageName: "origin" });
  });
  afterEach(async () => {
    bakery.cloud.faults.clear();
    await bakery.cloud.idle();
    expect({ ...(await bakery.leftovers()), images: [], snapshots: [] }).toEqual(nothing);
    await own.clear();
  });

  async function baked(only: string, more: Partial<BakeInput> = {}) {
    const calls = new RecordedCalls(bakery);
    const result = await bake({ template: path, only: [`outscale-chroot.${only}`], env: bakery.env, ...more });
    calls.stop();
    const [build] = result.builds;
    if (build?.error !== undefined) throw build.error;
    const { artifact, record, warnings } = build ?? {};
    const changing = calls.actions.filter((action) => !action.startsWith("Read"));
    const { imageId = "", isReused } = artifact?.product ?? {};
    return { imageId, isReused: isReused ?? false, changing, record, warnings, artifact };
  }

  it("takes the OMI that was made of the same, changes nothing, and hands it to post-processors", async () => {
    const first = await baked("base");
    expect(first.isReused).toBe(false);
    const second = await baked("base");
    expect(second).toMatchObject({ imageId: first.imageId, isReused: true, changing: [] });
    expect(second.artifact?.id).toBe(`eu-west-2:${first.imageId}`);
    expect(second.artifact?.string()).toContain("Nothing has changed");
    expect(second.record).toMatchObject({ outcome: "done", product: { imageId: first.imageId, isReused: true } });
    expect(findRun(bakery.stateFolder, second.record?.runId ?? "").inputs).toEqual(first.record?.inputs);
    const manifest = JSON.parse(await readFile(join(bakery.folder, "manifest.json"), "utf8"));
    expect(manifest.builds.map((each: { artifact_id: string }) => each.artifact_id)).toEqual([
      first.artifact?.id,
      first.artifact?.id,
    ]);
    await second.artifact?.destroy();
    expect((await own.api.readImages({ Filters: { ImageIds: [first.imageId] } })).Images).toHaveLength(1);
  });

  it("shows no secret in tags, and none in the record", async () => {
    const { imageId, record } = await baked("base");
    const { Images } = await own.api.readImages({ Filters: { ImageIds: [imageId] } });
    const tags = Object.fromEntries(Images[0]?.Tags.map(({ Key, Value }) => [Key, Value]) ?? []);
    expect(tags["outscale-chroot:inputs"]).toBe(`${record?.inputs?.digest}/${imageId}`);
    expect(tags["outscale-chroot:source"]).toMatch(/^ami-/);
    expect(Object.keys(tags).sort()).toEqual(["Built", "Kind", "outscale-chroot:inputs", "outscale-chroot:source"]);
    expect(JSON.stringify([tags, record])).not.toContain("hunter2");
  });

  it.each<[string, Partial<BakeInput>]>([
    ["a variable in a provisioner", { variables: { greeting: "bye" } }],
    ["a secret", { variables: { password: "hunter3" } }],
    ["a tag", { variables: { tag: "two" } }],
  ])("builds again when %s changes, and knows both", async (_, changed) => {
    const first = await baked("base");
    const second = await baked("base", changed);
    expect(second.isReused).toBe(false);
    expect(await baked("base", changed)).toMatchObject({ imageId: second.imageId, isReused: true });
    expect(await baked("base")).toMatchObject({ imageId: first.imageId, isReused: true });
  });

  it("follows a chain: a new source builds the base again, and a new base the application", async () => {
    const base = await baked("base");
    const app = await baked("app");
    expect(await baked("base")).toMatchObject({ imageId: base.imageId, isReused: true });
    expect(await baked("app")).toMatchObject({ imageId: app.imageId, isReused: true });
    await own.register({ ImageName: "origin-2" });
    const newBase = await baked("base");
    const newApp = await baked("app");
    expect([newBase.isReused, newApp.isReused]).toEqual([false, false]);
    expect(await baked("app")).toMatchObject({ imageId: newApp.imageId, isReused: true, changing: [] });
  });

  it("looks at the files that provisioners read", async () => {
    await baked("base");
    const first = await baked("app");
    await chmod(join(bakery.folder, "app.conf"), 0o600);
    expect(await baked("app")).toMatchObject({ isReused: false });
    await chmod(join(bakery.folder, "app.conf"), 0o644);
    expect(await baked("app")).toMatchObject({ imageId: first.imageId, isReused: true });
  });

  it("takes no OMI that is too old, is not available, is another account's, or has the tags of another", async () => {
    const first = await baked("base");
    const later = Object.assign(hastyClock(), { now: () => Date.now() + 3 * 86_400_000 });
    expect(await baked("base", { maxAge: "7d", clock: later })).toMatchObject({ imageId: first.imageId });
    const { Images } = await own.api.readImages({ Filters: { ImageIds: [first.imageId] } });
    const tags = Images[0]?.Tags ?? [];
    await own.api.deleteImage({ ImageId: first.imageId });
    await bakery.cloud.idle();
    const copy = await own.register({ ImageName: "copy" });
    await own.api.createTags({ ResourceIds: [copy.ImageId], Tags: [...tags] });
    const again = await baked("base");
    expect(again.isReused).toBe(false);
    expect(again.imageId).not.toBe(copy.ImageId);
  });

  it("is turned off by the flag, and by -max-age for what is older", async () => {
    const first = await baked("base");
    expect(await baked("base", { skipUnchanged: false })).toMatchObject({ isReused: false });
    const { isReused, imageId } = await baked("base", { maxAge: "1ms" });
    expect([isReused, imageId === first.imageId]).toEqual([false, false]);
  });

  it("builds all the same where the account may not tag, and warns", async () => {
    const onEvent = (event: BakeEvent) => {
      const isPublished = event.type === "resource" && event.kind === "image" && event.change === "kept";
      if (isPublished) bakery.cloud.faults.add({ kind: "internal-error", action: "CreateTags", times: 1_000 });
    };
    const { isReused, warnings, imageId } = await baked("base", { clock: hastyClock(), onEvent });
    bakery.cloud.faults.clear();
    expect(isReused).toBe(false);
    expect(warnings?.join()).toContain("got no inputs tag");
    expect(await baked("base")).toMatchObject({ isReused: false });
    expect(imageId).toMatch(/^ami-/);
  });

  it("says nothing of what an OMI was made of when that has changed meanwhile", async () => {
    await baked("base");
    const onEvent = (event: BakeEvent) => {
      if (event.type === "step-ended" && event.step === "StepChrootProvision")
        writeFileSync(join(bakery.folder, "app.conf"), "port = 81\n");
    };
    const { warnings, imageId } = await baked("app", { onEvent });
    expect(warnings?.join()).toContain("changed while the build ran: provisioner 2 (file)");
    await writeFile(join(bakery.folder, "app.conf"), "port = 80\n");
    const { isReused, imageId: next } = await baked("app");
    expect([isReused, next === imageId]).toEqual([false, false]);
  });

  it("does not take the name for taken, and replaces nothing, when nothing has changed", async () => {
    const fixed = join(bakery.folder, "fixed.pkr.hcl");
    const text = template(bakery.folder).replace(/omi_name .*base.*/, 'omi_name = "web"\n  force_deregister = true');
    await writeFile(fixed, text);
    const first = await baked("base", { template: fixed });
    expect(await baked("base", { template: fixed })).toMatchObject({ imageId: first.imageId, changing: [] });
    await writeFile(fixed, text.replace("force_deregister = true", ""));
    expect(await baked("base", { template: fixed })).toMatchObject({ imageId: first.imageId, changing: [] });
    const changed = { template: fixed, variables: { greeting: "bye" } };
    await expect(baked("base", changed)).rejects.toThrow('already has an OMI named "web"');
  });

  it("lets a plan tell what has changed since the last run", async () => {
    const scripted = join(bakery.folder, "scripted.pkr.hcl");
    const script = join(bakery.folder, "setup.sh");
    await writeFile(scripted, template(bakery.folder).replace(/inline = .*/, `script = "${script}"`));
    await writeFile(script, "#!/bin/sh\ndate > /etc/motd\n");
    const planned = async (more: Partial<PlanInput> = {}) => {
      const input = { template: scripted, only: ["outscale-chroot.base"], env: bakery.env, online: true, ...more };
      const { plans } = await plan(input);
      const does = plans[0]?.steps.find(({ step }) => step === "StepSkipUnchanged")?.does.join("\n");
      return { since: plans[0]?.since, does };
    };
    expect(await planned()).toMatchObject({ since: undefined, does: expect.stringContaining("there is no record") });

    const { imageId, record } = await baked("base", { template: scripted });
    const last = { runId: record?.runId, startedAt: record?.startedAt, imageId };
    expect(await planned()).toEqual({
      since: { ...last, changed: [], unknown: [] },
      does: expect.stringContaining(`nothing has changed since run ${record?.runId} of `),
    });
    expect((await planned({ online: false })).since).toEqual({
      ...last,
      changed: [],
      unknown: ["source OMI", "source snapshots"],
    });

    await writeFile(script, "#!/bin/sh\ndate > /etc/issue\n");
    const variables = { tag: "two" };
    expect(await planned({ variables })).toEqual({
      since: { ...last, changed: ["option tags", "provisioner 1 (shell)"], unknown: [] },
      does: expect.stringMatching(/changed since run .*, with ami-\w+: option tags, provisioner 1 \(shell\)$/),
    });
    await own.register({ ImageName: "origin-2" });
    expect((await planned()).since?.changed).toEqual(["provisioner 1 (shell)", "source OMI", "source snapshots"]);

    // What is found is compared with as well as what was built.
    const next = await baked("base", { template: scripted, variables });
    const found = await baked("base", { template: scripted, variables });
    expect(found).toMatchObject({ imageId: next.imageId, isReused: true });
    expect((await planned({ variables })).since).toMatchObject({ runId: found.record?.runId, changed: [] });
  });

  it("is refused where it cannot be right", async () => {
    const hidden = new Builder({ env: bakery.env, hidesProvisioners: true });
    const options = { source_omi: "ami-12345678", omi_name: "web", skip_unchanged: true };
    expect(() => hidden.prepareRaw(options)).toThrow(/cannot be used behind Packer/);
    const builder = new Builder({ env: bakery.env });
    expect(() => builder.prepareRaw({ ...options, skip_create_omi: true })).toThrow(/no OMI to find/);
    const { Images } = await own.api.readImages({ Filters: { ImageNames: ["origin"] } });
    builder.prepareRaw({ ...options, source_omi: Images[0]?.ImageId ?? "", boot_check: "off" });
    await expect(builder.run({ ui: new RecordingUi(), hook: idleHook })).rejects.toThrow("needs to know all that goes");
    const artifice = join(bakery.folder, "artifice.pkr.hcl");
    const gone = 'post-processor "artifice" {\n    files = ["x"]\n    keep_input_artifact = false\n  }\n}';
    await writeFile(artifice, template(bakery.folder).replace(/post-processor "manifest"[^}]*}\n}/, gone));
    await expect(baked("base", { template: artifice })).rejects.toThrow(/do not keep the OMI/);
  });
});
