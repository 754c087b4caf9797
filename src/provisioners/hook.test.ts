import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type Bench,
  build,
  define,
  generatedData,
  InstantClock,
  makeBench,
} from "../../tests/support/provisioners/provisioning.ts";
import type { BuildEvent } from "../builder/events.ts";
import type { DoneWork } from "../builder/journal/entry.ts";
import type { Clock } from "../common/clock.ts";
import { CancelledError, ProvisionError, TimeoutError } from "../common/errors.ts";
import { type TemplateHookOptions, templateHook } from "./hook.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await makeBench();
});
afterEach(() => bench[Symbol.asyncDispose]());

function hookOf(options: Partial<TemplateHookOptions>) {
  return templateHook({ ...build, provisioners: [], errorCleanupProvisioner: undefined, ...options });
}

const local = (...inline: string[]) => ({ inline });

describe("templateHook()", () => {
  it("runs provisioners in order, with build.* known", async () => {
    const second = define("shell-local", (data) => local(`echo ${data.SourceOMI} on ${data.Device}`));
    await hookOf({ provisioners: [define("shell-local", local("echo one")), second] }).provision(bench.input);
    expect(bench.ui.of("message")).toEqual(["one", "ami-1a2b3c4d on /dev/xvdf"]);
  });

  it("tells when each provisioner begins and ends, also one that fails", async () => {
    const events: BuildEvent[] = [];
    const provisioners = ["true", "exit 7", "true"].map((line) => define("shell-local", local(line)));
    const hook = hookOf({ provisioners, onEvent: (event) => events.push(event) });
    await expect(hook.provision(bench.input)).rejects.toThrow(ProvisionError);
    const provisioner = "shell-local (debian.pkr.hcl:12)";
    expect(events).toMatchObject([
      { type: "provisioner-started", provisioner, number: 1, count: 3 },
      { type: "provisioner-ended", provisioner, outcome: "done" },
      { type: "provisioner-started", provisioner, number: 2, count: 3 },
      { type: "provisioner-ended", provisioner, outcome: "failed" },
    ]);
  });

  it("goes on with the one that failed when it is tried again, unless it is to start over", async () => {
    const marker = join(bench.folder, "second-try");
    const lines = ["echo one", `test -e ${marker} || { touch ${marker}; exit 7; }`, "echo three"];
    const hook = hookOf({ provisioners: lines.map((line) => define("shell-local", local(line))) });
    expect(hook.failedAt?.()).toBeUndefined();
    await expect(hook.provision(bench.input)).rejects.toThrow(ProvisionError);
    expect(hook.failedAt?.()).toBe('provisioner "shell-local" (debian.pkr.hcl:12)');
    await hook.provision(bench.input);
    expect(bench.ui.of("message")).toEqual(["one", "three"]);
    hook.startOver?.();
    await hook.provision(bench.input);
    expect(bench.ui.of("message")).toEqual(["one", "three", "one", "three"]);
  });

  it("renders what a JSON template leaves to the provisioner", async () => {
    const options = local("echo {{user `who`}} {{build_name}} {{build `ID`}} {{.SourceOMI}} {{template_dir}}");
    const identity = { userVariables: { who: "me" }, templatePath: "/srv/web.json" };
    await hookOf({ provisioners: [define("shell-local", options)], ...identity }).provision(bench.input);
    expect(bench.ui.of("message")).toEqual(["me debian vol-1a2b3c4d ami-1a2b3c4d /srv"]);
  });

  it("names the provisioner that failed, and runs none after it", async () => {
    const provisioners = [define("shell-local", local("exit 7")), define("shell-local", local("echo after"))];
    const error = await hookOf({ provisioners })
      .provision(bench.input)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProvisionError);
    expect(error).toMatchObject({ message: 'The provisioner "shell-local" (debian.pkr.hcl:12) failed' });
    expect(bench.ui.of("message")).toEqual([]);
  });

  it("pauses before a provisioner, and tries again as often as max_retries says", async () => {
    const clock = new InstantClock();
    const limits = { pauseBeforeMs: 10_000, maxRetries: 2 };
    const provisioners = [define("shell-local", local("exit 7"), limits)];
    await expect(hookOf({ provisioners, clock }).provision(bench.input)).rejects.toThrow(ProvisionError);
    const reason = 'The local script \\"inline\\" ended with exit code 7';
    const once = ["Pausing 10s before the next provisioner...", "Running local shell script: inline"];
    expect(bench.ui.of("say")).toEqual([
      ...once,
      `Provisioner failed with "${reason}", retrying with 2 trie(s) left`,
      ...once,
      `Provisioner failed with "${reason}", retrying with 1 trie(s) left`,
      ...once,
      "retry limit reached.",
    ]);
    expect(clock.sleeps).toEqual([10_000, 10_000, 10_000]);
  });

  it("stops trying when it works", async () => {
    let tries = 0;
    // It is evaluated before, too, without the build's values, for what the journal says of it.
    const evaluate = ({ ID }: Readonly<Record<string, string>>) =>
      local(`exit ${ID === generatedData.ID && tries++ === 0 ? 1 : 0}`);
    await hookOf({ provisioners: [define("shell-local", evaluate, { maxRetries: 5 })] }).provision(bench.input);
    expect(tries).toBe(2);
  });

  it("stops a provisioner at its timeout", async () => {
    let start = (): void => undefined;
    const started = new Promise<void>((resolve) => {
      start = resolve;
    });
    // The timeout passes as soon as the script is at work.
    const clock: Clock = { now: () => Date.now(), sleep: (_ms, signal) => untilEither(started, signal) };
    bench.ui.message = () => start();
    const provisioners = [
      define("shell", { inline: ["echo at work", "sleep 600"], remote_folder: bench.folder }, { timeoutMs: 90_000 }),
    ];
    const error = await hookOf({ provisioners, clock })
      .provision(bench.input)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ message: expect.stringContaining("did not end within 1m30s") });
    expect(bench.ui.of("say")[0]).toBe("Setting a 1m30s timeout for the next provisioner...");
    expect(bench.ui.of("error")).toEqual(["Cancelling provisioner after a timeout..."]);
  });

  it("neither retries nor wraps a cancelled provisioner", async () => {
    const cancel = new AbortController();
    bench.ui.message = () => cancel.abort();
    const provisioners = [
      define(
        "shell",
        { inline: ["echo at work", "sleep 600"], remote_folder: bench.folder },
        { maxRetries: 3, timeoutMs: 60_000 },
      ),
    ];
    const running = hookOf({ provisioners }).provision({ ...bench.input, signal: cancel.signal });
    await expect(running).rejects.toThrow(CancelledError);
    expect(bench.ui.of("say").filter((line) => line.includes("retrying"))).toEqual([]);
  });

  it("goes on after a failure with continue_on_error, and says so", async () => {
    const provisioners = [
      define("shell-local", local("exit 7"), { continueOnError: true, maxRetries: 1 }),
      define("shell-local", local("echo after")),
    ];
    await hookOf({ provisioners, clock: new InstantClock() }).provision(bench.input);
    expect(bench.ui.of("warn")).toEqual([
      'The provisioner "shell-local" (debian.pkr.hcl:12) failed: The local script "inline" ended with exit code 7; ' +
        "the build goes on, as continue_on_error is set",
    ]);
    expect(bench.ui.of("message")).toEqual(["after"]);
  });

  it("does not go on when it was stopped, whatever continue_on_error says", async () => {
    const cancel = new AbortController();
    bench.ui.message = () => cancel.abort();
    const stopped = { inline: ["echo at work", "sleep 600"], remote_folder: bench.folder };
    const provisioners = [define("shell", stopped, { continueOnError: true }), define("shell-local", local("exit 0"))];
    const running = hookOf({ provisioners }).provision({ ...bench.input, signal: cancel.signal });
    await expect(running).rejects.toThrow(CancelledError);
    expect(bench.ui.of("warn")).toEqual([]);
  });

  it("waits for the return key before each provisioner with -debug", async () => {
    const provisioners = [
      define("breakpoint", { disable: true }),
      define("breakpoint", { note: "look", disable: true }),
    ];
    await hookOf({ provisioners, debug: true }).provision(bench.input);
    expect(bench.ui.of("ask")).toHaveLength(2);
    expect(bench.ui.of("say")[1]).toBe('Breakpoint provisioner with note "look" disabled; continuing...');
  });

  it("has a cleanup only when the template has an error-cleanup-provisioner", async () => {
    expect(hookOf({}).cleanupProvision).toBeUndefined();
    const hook = hookOf({ errorCleanupProvisioner: define("shell-local", local("echo tidy")) });
    await hook.cleanupProvision?.(bench.input);
    expect(bench.ui.of("message")).toEqual(["tidy"]);
  });
});

describe("breakpoint", () => {
  it("waits for a person", async () => {
    await bench.run("breakpoint", { note: "look around" });
    expect(bench.ui.lines).toEqual([
      'say: Pausing at breakpoint provisioner with note "look around".',
      "ask: Press enter to continue.",
    ]);
  });
});

describe("sleep", () => {
  it("waits as long as it is told", async () => {
    const clock = new InstantClock();
    await bench.run("sleep", { duration: "1m30s" }, { clock });
    expect(clock.sleeps).toEqual([90_000]);
    await expect(bench.run("sleep", {})).rejects.toThrow("duration");
  });
});

function untilEither(event: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  return Promise.race([
    event,
    new Promise<void>((_resolve, reject) => signal?.addEventListener("abort", () => reject(new CancelledError()))),
  ]);
}

describe("templateHook() in a run that goes on", () => {
  const commands = (names: string) => [...names].map((name) => define("shell-local", local(`echo ${name}`)));

  /** What a run of these provisioners notes when the last of them fails. */
  async function doneOf(names: string): Promise<Omit<DoneWork, "part">[]> {
    const done: Omit<DoneWork, "part">[] = [];
    const workLog = { done: [], note: (work: Omit<DoneWork, "part">) => void done.push(work) };
    const provisioners = [...commands(names), define("shell-local", local("exit 7"))];
    await hookOf({ provisioners })
      .provision({ ...bench.input, workLog })
      .catch(() => undefined);
    bench.ui.lines.length = 0;
    return done;
  }

  it("begins with the one that has not run to its end, and notes what follows", async () => {
    const done = (await doneOf("ab")).map((work) => ({ ...work, part: "provisioner" as const }));
    const noted: number[] = [];
    const workLog = { done, note: ({ number }: { readonly number: number }) => void noted.push(number) };
    await hookOf({ provisioners: commands("abc") }).provision({ ...bench.input, workLog });
    expect(bench.ui.of("message")).toEqual(["c"]);
    expect(bench.ui.of("say")[0]).toBe('Continuing with the provisioner "shell-local" (debian.pkr.hcl:12)');
    expect([done.map(({ number, count }) => [number, count]), noted]).toEqual([
      [
        [1, 3],
        [2, 3],
      ],
      [3],
    ]);
  });

  it("tells of an earlier one that has changed, and does not run it", async () => {
    const done = (await doneOf("ab")).map((work) => ({ ...work, part: "provisioner" as const }));
    const workLog = { done, note: () => undefined };
    await hookOf({ provisioners: commands("Abc") }).provision({ ...bench.input, workLog });
    expect(bench.ui.of("message")).toEqual(["c"]);
    const what = 'The provisioner "shell-local" (debian.pkr.hcl:12)';
    expect(bench.ui.of("warn")).toEqual([`${what} has changed since it ran: it is not run again`]);
  });
});
