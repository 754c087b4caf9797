import { mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import {
  type BakeEvent,
  type BakeInput,
  bake,
  CancelledError,
  findRun,
  listRuns,
  ProvisionError,
  type RunList,
  UsageError,
} from "../../src/index.ts";
import { resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { requireRoot } from "../support/suite/requirements.ts";

const describe = requireRoot();

/** Two builds of one template; each runs the line that its variable has. */
const template = `
variable "lines" {
  type = map(string)
}
variable "password" {
  type      = string
  sensitive = true
  default   = "SKLIBRARYBAKE"
}
source "outscale-chroot" "base" {
  boot_check      = "off"
  skip_create_omi = true
  source_omi_filter {
    filters     = { image-name = "Debian-12-*" }
    owners      = ["Outscale"]
    most_recent = true
  }
}
build {
  source "outscale-chroot.base" {
    name     = "one"
    omi_name = "one"
  }
  source "outscale-chroot.base" {
    name     = "two"
    omi_name = "two"
  }
  provisioner "shell" {
    inline = ["echo the password is \${var.password}", lookup(var.lines, source.name, "true")]
  }
}
`;

describe("bake()", () => {
  let folder: string;
  let input: BakeInput;
  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "library-bake-")));
    const path = join(folder, "web.pkr.hcl");
    await writeFile(path, template);
    const env = { PATH: process.env.PATH, OUTSCALE_CHROOT_STATE: join(folder, "state") };
    input = { template: path, variables: { lines: {} }, local: { stateFolder: join(folder, "cloud") }, env };
  });
  afterAll(async () => {
    await resetLocalCloud(join(folder, "cloud"));
    await rm(folder, { recursive: true });
  });
  afterEach(() => vi.restoreAllMocks());

  /** Bakes, and listens. */
  async function baked(more: Partial<BakeInput> = {}) {
    const events: BakeEvent[] = [];
    const result = await bake({ ...input, onEvent: (event) => events.push(event), ...more });
    return { ...result, events };
  }

  it("tells what became of each build, and lets one fail alone", async () => {
    const { outcome, builds, events } = await baked({ variables: { lines: { one: "exit 3" } } });
    expect(outcome).toBe("failed");
    expect(builds).toMatchObject([
      { name: "outscale-chroot.one", outcome: "failed", artifact: undefined, runId: expect.any(String) },
      { name: "outscale-chroot.two", outcome: "done", artifact: undefined, error: undefined },
    ]);
    expect(builds[0]?.error).toBeInstanceOf(ProvisionError);
    expect(builds[1]?.phases.map(({ step }) => step)).toContain("StepChrootProvision");
    for (const { name } of builds) {
      const types = events.filter(({ build }) => build === name).map(({ type }) => type);
      expect(types).toEqual(expect.arrayContaining(["build-started", "step-ended", "resource", "line", "build-ended"]));
    }
  });

  it("masks what is sensitive, writes nowhere, and leaves the process as it is", async () => {
    const before = { ...process.env };
    const writes = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, "write"));
    const listeners = vi.spyOn(process, "on");
    const { outcome, events } = await baked({ only: ["*.one"] });
    expect(outcome).toBe("done");
    for (const write of writes) expect(write).not.toHaveBeenCalled();
    expect(listeners.mock.calls.filter(([name]) => String(name).startsWith("SIG"))).toEqual([]);
    expect(process.env).toEqual(before);
    expect(JSON.stringify(events)).toContain("the password is <sensitive>");
    expect(JSON.stringify(events)).not.toContain("SKLIBRARYBAKE");
  });

  it("leaves a record of each run, without what is sensitive, and prunes none of a run that is alive", async () => {
    const stateFolder = join(folder, "state");
    const lists: RunList[] = [];
    const listing: Promise<unknown>[] = [];
    const env = { ...input.env, OUTSCALE_CHROOT_HISTORY_RUNS: "1" };
    const { builds } = await bake({
      ...input,
      env,
      parallel: 1,
      variables: { lines: { one: "exit 3", two: "echo up" } },
      onEvent: (event) => {
        if (event.type === "line" && event.text === "up")
          listing.push(listRuns(stateFolder).then((list) => lists.push(list)));
      },
    });
    await Promise.all(listing);
    expect(lists[0]?.runs[0]).toMatchObject({ runId: builds[1]?.runId, state: "running", isUnclean: false });
    // The first of the two had to make room.
    const { runs } = await listRuns(stateFolder);
    expect(runs.map(({ runId, state }) => [runId, state])).toEqual([[builds[1]?.runId, "done"]]);

    const record = findRun(stateFolder, builds[1]?.runId ?? "");
    const text = await readFile(join(stateFolder, "history", `${record.runId}.json`), "utf8");
    expect(text).not.toContain("SKLIBRARYBAKE");
    expect(text).toContain("the password is <sensitive>");
    expect(record).toMatchObject({
      outcome: "done",
      configuration: { omi_name: "two", secret_key: "(sensitive value)", skip_create_omi: true },
      account: { accountId: expect.stringMatching(/^\d{12}$/) },
      source: { imageName: expect.stringContaining("Debian-12"), snapshotId: expect.stringMatching(/^snap-/) },
      template: { files: [{ path: input.template, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }] },
      error: null,
    });
    const kinds = new Set(record.phases.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(["provisioner", "step", "wait"]);
    const changing = record.apiCalls.filter(({ action }) => !action.startsWith("Read"));
    expect(changing.map(({ action }) => action)).toEqual(expect.arrayContaining(["CreateVolume", "DeleteVolume"]));
    for (const call of changing) expect(call.requestId).toEqual(expect.any(String));
  });

  it("leaves no record when none is wanted", async () => {
    const before = await listRuns(join(folder, "state"));
    await baked({ only: ["*.one"], history: false });
    expect(await listRuns(join(folder, "state"))).toEqual(before);
  });

  it("stops every build when its signal fires", async () => {
    const stop = new AbortController();
    const { outcome, builds } = await baked({
      variables: { lines: { one: "echo up; sleep 931", two: "echo up; sleep 932" } },
      signal: stop.signal,
      onEvent: (event) => void (event.type === "line" && event.text === "up" && stop.abort()),
    });
    expect(outcome).toBe("cancelled");
    for (const { error } of builds) expect(error).toBeInstanceOf(CancelledError);
  });

  it("stops, cleans up and rejects when its listener throws", async () => {
    const seen: BakeEvent[] = [];
    const onEvent = (event: BakeEvent) => {
      seen.push(event);
      if (event.type === "line" && event.text === "up") throw new Error("the listener is broken");
    };
    const baking = bake({ ...input, variables: { lines: { one: "echo up; sleep 933" } }, only: ["*.one"], onEvent });
    await expect(baking).rejects.toThrow("the listener is broken");
    const changes = seen.flatMap((event) => (event.type === "resource" ? [event.change] : []));
    const count = (change: string) => changes.filter((item) => item === change).length;
    expect(count("acquired")).toBeGreaterThan(0);
    expect(count("released")).toBe(count("acquired"));
    expect(seen.at(-1)).toMatchObject({ type: "build-ended", outcome: "cancelled" });
  });

  it("asks what it has to ask, and refuses questions that nobody answers", async () => {
    await expect(bake({ ...input, onError: "ask" })).rejects.toThrow(UsageError);
    await expect(bake({ ...input, debug: true })).rejects.toThrow("give ask");
    const questions: string[] = [];
    const { outcome } = await baked({
      variables: { lines: { one: "exit 3" } },
      only: ["*.one"],
      onError: "ask",
      ask: async ({ build, text }) => {
        questions.push(`${build}: ${text}`);
        return "c";
      },
    });
    expect(outcome).toBe("failed");
    expect(questions).toEqual([expect.stringMatching(/^outscale-chroot\.one: /)]);
  });

  it("rejects before anything has begun when the template is wrong", async () => {
    const events: BakeEvent[] = [];
    const options = { ...input, onEvent: (event: BakeEvent) => events.push(event) };
    await expect(bake({ ...options, variables: { lines: 5 } })).rejects.toMatchObject({ code: "E_TEMPLATE" });
    await expect(bake({ ...options, only: ["nothing"] })).rejects.toMatchObject({ code: "E_USAGE" });
    expect(events).toEqual([]);
  });
});
