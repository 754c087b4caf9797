import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { cleanUpRuns } from "../../src/builder/clean-up-runs.ts";
import { enterRun } from "../../src/builder/enter-run.ts";
import type { Hook } from "../../src/builder/hook.ts";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import { type Bakery, nothing, openBakery, publicSource } from "../support/bake/bake.ts";
import { hurryingClock } from "../support/bake/hasty-clock.ts";
import { readDiskFile } from "../support/disks/disk-file.ts";
import { type Holder, startHolder } from "../support/program/holder.ts";
import { requireRoot } from "../support/suite/requirements.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

const describe = requireRoot();

/** A person who does something before each answer. */
class BusyUi extends RecordingUi {
  constructor(readonly act: (question: string) => Promise<unknown>) {
    super();
  }

  override async ask(question: string): Promise<string> {
    await this.act(question);
    return super.ask(question);
  }
}

/** Runs a shell line in the image, and fails with it. */
const shell = (command: string): Hook => ({
  provision: async ({ communicator }) => void (await communicator.start({ command })),
});

const runIn = (text: string) => /shell ([0-9a-f]{12})/.exec(text)?.[1] ?? "";

describe("a build that fails before a person", () => {
  let bakery: Bakery;
  beforeAll(async () => {
    bakery = await openBakery("on-error-test");
  });
  afterAll(() => bakery.close());
  afterEach(async () => {
    bakery.cloud.faults.clear();
    await bakery.cleanUp();
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  const config = (options: RawConfig = {}): RawConfig => ({ ...publicSource, omi_name: "asked", ...options });
  const enter = (runId: string, ...command: string[]) =>
    enterRun({ stateFolder: bakery.stateFolder, runId, command, isOnTerminal: false, ui: new RecordingUi() });
  const inShell = (runId: string, line: string) => enter(runId, "/bin/sh", "-c", line);

  it("cleans up on the answer c, and asks again when there is none", async () => {
    const ui = new RecordingUi();
    ui.answers.push("", "what?", "c");
    const failing = bakery.bake(config({ packer_on_error: "ask" }), { hook: shell("exit 3"), ui });
    await expect(failing).rejects.toThrow('"exit 3" failed in the image: exit code 3');
    expect(ui.of("ask")).toHaveLength(3);
  });

  it("keeps the volume on the answer a, for a shell and for cleanup", async () => {
    const ui = new RecordingUi();
    ui.answers.push("a");
    await expect(bakery.bake(config({ packer_on_error: "ask" }), { hook: shell("exit 3"), ui })).rejects.toThrow();
    const { volumes, mounts, links } = await bakery.leftovers();
    expect([volumes.length, mounts, links]).toEqual([1, [], []]);
    const runId = runIn(ui.of("error").join("\n"));
    expect(await enter(runId, "grep", "-q", "bookworm", "/etc/os-release")).toMatchObject({ code: 0 });
    expect(await inShell(runId, "echo kept > /root/note && exit 7")).toMatchObject({ code: 7 });
    expect(await enter(runId, "grep", "-q", "kept", "/root/note")).toMatchObject({ code: 0 });
    expect((await bakery.leftovers()).mounts).toEqual([]);
    const [cleaned] = await bakery.cleanUp();
    expect(cleaned).toMatchObject({ runId, outcome: "cleaned" });
    await expect(enter(runId, "true")).rejects.toThrow(`There is no run "${runId}" to enter`);
  });

  it("tries the step again on the answer r, after what a person has mended in a shell", async () => {
    const ui = new BusyUi((question) => inShell(runIn(question), "touch /root/mended"));
    ui.answers.push("r");
    const { artifact } = await bakery.bake(config({ packer_on_error: "ask" }), { hook: shell("ls /root/mended"), ui });
    expect(ui.of("ask")).toHaveLength(1);
    expect(await readDiskFile(await bakery.export(artifact?.product.imageId ?? ""), "/root/mended")).toBe("");
    await artifact?.destroy();
  });

  it("takes back what a step had made before it tries it again", async () => {
    bakery.cloud.faults.add({ kind: "fail", transition: "volume.creating" });
    const ui = new RecordingUi();
    ui.answers.push("r");
    const { artifact } = await bakery.bake(config({ packer_on_error: "ask" }), { ui });
    expect(ui.of("ask")).toEqual([expect.stringContaining("retry StepCreateVolume")]);
    await artifact?.destroy();
  });

  it("shows this machine the image also when the mounting was tried again, isolation = host", async () => {
    const mountPath = join(bakery.folder, "seen");
    const [wrapper, tried] = [join(bakery.folder, "mounts-twice"), join(bakery.folder, "tried")];
    // The first time the root is mounted, and said not to be.
    const script = `#!/bin/sh
"$@" || exit
case "$*" in "mount "*" ${mountPath}") [ -e ${tried} ] || { touch ${tried}; exit 32; } ;; esac
`;
    await writeFile(wrapper, script, { mode: 0o755 });
    const ui = new RecordingUi();
    ui.answers.push("r", "c");
    const places = { isolation: "host", mount_path: mountPath, command_wrapper: `${wrapper} {{.Command}}` };
    let seen: string | undefined;
    const hook: Hook = {
      provision: async ({ data }) => {
        seen = await readFile(join(data.MountPath, "etc/os-release"), "utf8");
      },
    };
    await bakery.bake(config({ ...places, packer_on_error: "ask", skip_create_omi: true }), { hook, ui });
    expect(ui.of("ask")).toEqual([expect.stringContaining("retry StepMountDevice")]);
    expect(seen).toContain("bookworm");
  });

  it("takes down at the second try what somebody held at the first, isolation = host", async () => {
    const clock = hurryingClock();
    const holders: Holder[] = [];
    const ui = new BusyUi(async () => holders[0]?.stop());
    ui.answers.push("r", "c");
    const hook: Hook = {
      provision: async ({ data }) => {
        holders.push(await startHolder(`cd ${data.MountPath}/etc; echo up; exec sleep 3600`));
        clock.hurry();
      },
    };
    const places = { isolation: "host", mount_path: join(bakery.folder, "held") };
    const { artifact } = await bakery.bake(config({ ...places, packer_on_error: "ask" }), { hook, ui, clock });
    expect(ui.of("ask")).toEqual([expect.stringContaining("retry StepEarlyCleanup")]);
    expect(ui.of("error").join("\n")).toContain(`pid ${holders[0]?.pid}`);
    await artifact?.destroy();
  });

  it("lets a debugging person into the image wherever it pauses", async () => {
    const seen: string[] = [];
    const ui = new BusyUi(async (question) => {
      const step = /after (\w+)/.exec(question)?.[1] ?? "";
      if (!["StepCreateVolume", "StepChrootProvision"].includes(step)) return;
      const came = await inShell(runIn(question), "test -e /root/provisioned").catch((error: unknown) => String(error));
      seen.push(`${step}: ${typeof came === "string" ? came : came.code}`);
    });
    const options = config({ packer_debug: true, skip_create_omi: true });
    await bakery.bake(options, { hook: shell("touch /root/provisioned"), ui });
    expect(seen).toEqual([
      expect.stringMatching(/StepCreateVolume: .*has no image open yet/),
      "StepChrootProvision: 0",
    ]);
  });

  it.each(["private", "host"])("holds what runs in the image wherever it pauses, isolation = %s", async (isolation) => {
    const canary = join(bakery.folder, "canary");
    await writeFile(canary, "a file of this machine");
    // As what the image has for a shell would try it.
    const attack = `! mount -t tmpfs tmpfs /root 2>/dev/null && [ -d /proc/1 ] && ! [ -e /proc/1/root${canary} ]`;
    const seen: string[] = [];
    const ui = new BusyUi(async (question) => {
      const step = /after (\w+)/.exec(question)?.[1] ?? "";
      const came = await inShell(runIn(question), attack).catch((error: unknown) => String(error));
      seen.push(`${step}: ${typeof came === "string" ? came : `held ${came.code === 0}`}`);
    });
    const places = { isolation, mount_path: join(bakery.folder, "paused") };
    const options = config({ ...places, packer_debug: true, generalise: true, skip_create_omi: true });
    await bakery.bake(options, { hook: shell("touch /root/provisioned"), ui });
    expect(seen.filter((line) => line.includes(": held"))).toEqual(
      ["MountDevice", "PostMountCommands", "MountExtra", "CopyFiles", "ChrootProvision", "Generalise", "BootCheck"].map(
        (step) => `Step${step}: held true`,
      ),
    );
    expect(seen).toContainEqual(expect.stringMatching(/^StepEarlyCleanup: .*has no image mounted now/));
  });

  it("does not keep the volume of an aborted build that was cancelled", async () => {
    const controller = new AbortController();
    const hook: Hook = {
      provision: async ({ signal }) => {
        controller.abort();
        signal.throwIfAborted();
      },
    };
    const failing = bakery.bake(config({ packer_on_error: "abort" }), { hook, signal: controller.signal });
    await expect(failing).rejects.toThrow();
    expect(await bakery.leftovers()).toEqual(nothing);
  });

  it("is left alone by cleanup while it lives", async () => {
    let during: unknown;
    const hook: Hook = {
      provision: async (input) => {
        during = await bakery.cleanUp();
        await shell("touch /root/still-here").provision(input);
      },
    };
    const { artifact } = await bakery.bake(config(), { hook });
    expect(during).toMatchObject([{ outcome: "alive", removed: [] }]);
    await artifact?.destroy();
  });

  it("is not cleaned up with another account's credentials", async () => {
    await expect(bakery.bake(config({ packer_on_error: "abort" }), { hook: shell("false") })).rejects.toThrow();
    const { id, accessKey, secretKey } = bakery.cloud.account("other");
    const cleanUpWith = (key: string) => {
      const access = { endpoint: bakery.cloud.endpoint, region: "eu-west-2", accessKey: key, secretKey };
      const given = { ...access, insecureSkipTlsVerify: false };
      const connect = async () => ({ access: given, accessTo: async () => given, close: async () => undefined });
      const ui = new RecordingUi();
      return cleanUpRuns({ stateFolder: bakery.stateFolder, runIds: [], dryRun: false, ui, connect, env: {} });
    };
    const advice = "Give the run's own credentials, by OSC_ACCESS_KEY and OSC_SECRET_KEY or --profile";
    const ofAnother = new RegExp(`These credentials are of the account ${id}.*\\(${advice}\\)`);
    await expect(cleanUpWith(accessKey)).rejects.toThrow(ofAnother);
    const builder = bakery.cloud.account("builder").id;
    const notTaken = new RegExp(`not good for the account ${builder} in eu-west-2: .*4120.*\\(${advice}\\)`);
    await expect(cleanUpWith("UNKNOWNUNKNOWNUNKNOW")).rejects.toThrow(notTaken);
    const { volumes, journals } = await bakery.leftovers();
    expect([volumes.length, journals.length]).toEqual([1, 1]);
  });
});
