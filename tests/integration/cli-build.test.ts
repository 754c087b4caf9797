import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { runProgram } from "../../src/run-program.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";
import { type RecordingIo, recordingIo } from "../support/terminal/recording-io.ts";

const describe = requirePrograms(...buildPrograms);

let folder: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-build-"));
  env = { OUTSCALE_CHROOT_STATE: folder, PATH: process.env.PATH };
});
afterAll(async () => {
  await resetLocalCloud(join(folder, "local-cloud"));
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  // Whatever a test did, the cloud has seen nothing that must not be, and the host has no mount of ours.
  const status = await run(["local-cloud", "status", "-json"]);
  expect(JSON.parse(status.stdout)).toMatchObject({ violations: [], volumes: 1 });
  expect(await readFile("/proc/self/mountinfo", "utf8")).not.toContain(folder);
});

async function run(argv: readonly string[], io: RecordingIo = recordingIo({ env })) {
  const exitCode = await runProgram(argv, io);
  return { exitCode, ...io.written };
}

async function template(name: string, provisioner: string, head = ""): Promise<string> {
  const path = join(folder, `${name}.pkr.hcl`);
  await writeFile(
    path,
    `${head}
source "outscale-chroot" "small" {
  omi_name   = "${name}"
  boot_check = "off"
  source_omi_filter {
    filters = { image-name = "Debian-12-*" }
    owners  = ["Outscale"]
  }
}
build {
  sources = ["source.outscale-chroot.small"]
  ${provisioner}
}
`,
  );
  return path;
}

const shell = (...lines: string[]) => `provisioner "shell" {\n    inline = ${JSON.stringify(lines)}\n  }`;

describe("outscale-chroot build --local", () => {
  it("bakes an OMI whose exported disk has what was provisioned", async () => {
    const result = join(folder, "result.json");
    const { exitCode, stdout } = await run(["build", "--local", "--result", result, "examples/quickstart.pkr.hcl"]);
    expect(exitCode, stdout).toBe(0);
    const made =
      /--> outscale-chroot\.debian: OMIs were created:\neu-west-2: (ami-[0-9a-f]{8})\n/.exec(stdout)?.[1] ?? "";
    expect(stdout).toMatch(/^ {4}outscale-chroot\.debian: StepCreateVolume +\d+\.\d\d s$/m);
    expect(stdout).toMatch(
      /^ {4}outscale-chroot\.debian: {3}shell \(examples\/quickstart\.pkr\.hcl:\d+\) +\d+\.\d\d s$/m,
    );
    expect(JSON.parse(await readFile(result, "utf8"))).toMatchObject({
      builds: [{ outcome: "done", artifact: { imageId: made, region: "eu-west-2", imageName: expect.any(String) } }],
    });
    const [{ phases }] = JSON.parse(await readFile(result, "utf8")).builds;
    const timed = phases.filter(({ provisioner }: { provisioner?: string }) => provisioner !== undefined);
    expect(timed).toEqual(
      ["shell", "file"].map((type) =>
        expect.objectContaining({ provisioner: expect.stringContaining(type), elapsedMs: expect.any(Number) }),
      ),
    );
    expect(await run(["local-cloud", "images"])).toMatchObject({ stdout: expect.stringContaining(made) });
    const disk = join(folder, "disk.raw");
    expect(await run(["local-cloud", "export", made, disk])).toMatchObject({ exitCode: 0 });
    expect((await readFile(disk)).includes("<h1>Baked without a VM</h1>")).toBe(true);
  });

  it("streams events as JSON, one object a line", async () => {
    const path = await template("stream", shell("echo from inside"));
    const { exitCode, stdout, stderr } = await run(["build", "-local", "-json", path]);
    expect({ exitCode, stderr }, stdout).toEqual({ exitCode: 0, stderr: "" });
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const steps = lines.filter(({ type }) => type === "step-ended").map(({ step }) => step);
    expect(steps).toEqual(lines.filter(({ type }) => type === "step-started").map(({ step }) => step));
    expect(steps).toContain("StepChrootProvision");
    const numbers = lines
      .filter(({ type }) => type === "step-started")
      .map(({ number, count }) => `${number}/${count}`);
    expect(numbers).toEqual(steps.map((_, index) => `${index + 1}/${steps.length}`));
    expect(lines).toContainEqual(expect.objectContaining({ type: "line", kind: "message", text: "from inside" }));
    expect(lines.at(-2)).toMatchObject({ type: "result", artifactId: expect.stringContaining(":ami-"), error: null });
    expect(lines.at(-1)).toMatchObject({ type: "finished", failed: 0 });
  });

  it("shows a secret nowhere, however it came", async () => {
    const secretEnv = { ...env, OSC_SECRET_KEY: "SKFROMENVIRONMENT", PACKER_LOG: "1" };
    const head = 'variable "password" {\n  type      = string\n  sensitive = true\n}\n';
    const path = await template("secret", shell("echo SKFROMENVIRONMENT and ${var.password}", "exit 3"), head);
    const [log, result] = [join(folder, "secret.log"), join(folder, "secret.json")];
    const flags = ["-local", "-log", log, "-result", result, "-var", "password=hunter2-is-secret"];
    for (const format of ["-color=true", "-json", "-machine-readable"]) {
      const io = recordingIo({ env: secretEnv });
      const { exitCode, stdout, stderr } = await run(["build", ...flags, format, path], io);
      expect(exitCode).toBe(10);
      expect(stdout).toContain("<sensitive> and <sensitive>");
      const written = stdout + stderr + (await readFile(log, "utf8")) + (await readFile(result, "utf8"));
      expect(written).not.toMatch(/SKFROMENVIRONMENT|hunter2/);
    }
  });

  it("cleans up after the first signal, and claims nothing", async () => {
    const path = await template("stopped", shell("echo begun", "sleep 60"));
    const io = recordingIo({ env });
    const write = io.stdout.write.bind(io.stdout);
    const watched: RecordingIo = {
      ...io,
      stdout: {
        ...io.stdout,
        write: (text) => {
          write(text);
          if (text.includes(": begun")) io.send("SIGTERM");
        },
      },
    };
    const { exitCode, stdout, stderr } = await run(["build", "-local", path], watched);
    expect(exitCode).toBe(130);
    expect(stdout).toContain("SIGTERM: the build stops at the next safe point");
    expect(stdout).toContain("no artifacts were created");
    expect(stderr).toContain("Error: The build was stopped by SIGTERM");
    expect(await readdir(join(folder, "runs"))).toEqual([]);
  });

  it("keeps an aborted build for shell, and cleanup takes it down", async () => {
    const path = await template("kept", shell("echo left > /left-behind", "exit 4"));
    const { exitCode, stdout, stderr } = await run(["build", "-local", "-on-error=abort", path]);
    expect(exitCode).toBe(10);
    const runId = /Run ([0-9a-f]{12}) begins/.exec(stdout)?.[1] ?? "";
    expect(stderr).toContain(`outscale-chroot cleanup ${runId}`);
    expect(await run(["shell", runId, "--", "grep", "-q", "left", "/left-behind"])).toMatchObject({ exitCode: 0 });
    expect(await run(["shell", runId, "--", "sh", "-c", "exit 7"])).toMatchObject({ exitCode: 7 });
    const dry = await run(["cleanup", "-dry-run"]);
    expect(dry).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("Would do: Deleting the volume vol-") });
    const cleaned = await run(["cleanup", "-json", runId]);
    expect(JSON.parse(cleaned.stdout)).toMatchObject([{ runId, outcome: "cleaned", failures: [] }]);
    expect(await run(["cleanup"])).toMatchObject({ exitCode: 0, stdout: "Nothing to clean up\n" });
  });

  it("asks what to do, and does it", async () => {
    const path = await template("asked", shell("test -e /tried || { touch /tried; exit 5; }"));
    const io = recordingIo({ env, answers: ["what?", "r"] });
    const { exitCode, stdout } = await run(["build", "-local", "-on-error=ask", path], io);
    expect(exitCode, stdout).toBe(0);
    expect(stdout.split("[r] retry StepChrootProvision?").length - 1).toBe(2);
  });

  it("goes on with the provisioner that failed, or starts over, as the person says", async () => {
    const fails = "n=$(cat /tries 2>/dev/null || echo 0); echo $((n + 1)) > /tries; test $n -ge 2";
    const path = await template("resumed", [shell("echo first"), shell(fails)].join("\n  "));
    const io = recordingIo({ env, answers: ["r", "s"] });
    const { exitCode, stdout } = await run(["build", "-local", "-on-error=ask", path], io);
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toMatch(/\[r\] retry from provisioner "shell" \(.*:\d+\), or \[s\] start over/);
    // Once at first, not for [r], and again for [s].
    expect(stdout.match(/: first$/gm)).toHaveLength(2);
  });

  it("runs several builds of a template at once", async () => {
    const path = await template("several", shell("true"));
    const text = await readFile(path, "utf8");
    const other = text
      .slice(text.indexOf("source"), text.indexOf("build {"))
      .replace('"small"', '"other"')
      .replace('"several"', '"several-too"');
    await writeFile(path, other + text.replace("sources = [", 'sources = ["source.outscale-chroot.other", '));
    const { exitCode, stdout } = await run(["build", "-local", path]);
    expect(exitCode, stdout).toBe(0);
    expect(stdout.match(/^--> outscale-chroot\.(small|other): OMIs were created:$/gm)).toHaveLength(2);
  });
});

describe("commands of a template", () => {
  /** Each way to open a standard stream again, with the line that it shows. */
  const reopen = (where: string) => [
    `echo ${where} err > /dev/stderr`,
    `echo ${where} tee | tee /dev/stdout`,
    `exec 3> /dev/stdout; echo ${where} exec >&3`,
    `echo ${where} proc > /proc/self/fd/1`,
    "cat < /dev/stdin",
  ];

  it("can open their standard streams again, wherever they run", async () => {
    const lines = (where: string) => JSON.stringify(reopen(where));
    const local = `provisioner "shell-local" {\n inline = ${lines("local")}\n }`;
    const path = await template("streams", `provisioner "shell" {\n inline = ${lines("image")}\n }\n${local}`);
    const commands = `pre_mount_commands = ${lines("pre")}\n  post_mount_commands = ${lines("post")}\n  omi_name`;
    await writeFile(path, (await readFile(path, "utf8")).replace("omi_name", commands));
    const { exitCode, stdout, stderr } = await run(["build", "-local", path]);
    expect(exitCode, stdout + stderr).toBe(0);
    for (const where of ["pre", "post", "image", "local"]) {
      for (const what of ["err", "tee", "exec", "proc"])
        expect(stdout + stderr).toMatch(new RegExp(`: ${where} ${what}$`, "m"));
    }
  });
});

describe("bin/outscale-chroot", () => {
  const execute = promisify(execFile);

  it("is the bundled command line, whose process ends with the exit code", async () => {
    await execute(process.execPath, ["scripts/build.js"]);
    expect(await execute("bin/outscale-chroot", ["--version"])).toMatchObject({ stderr: "" });
    const failed = await execute("bin/outscale-chroot", ["biuld"]).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "build"?') });
    const path = await template("process", shell("echo in the bundle"));
    const { stdout } = await execute("bin/outscale-chroot", ["build", "-local", path], { env });
    expect(stdout).toContain("outscale-chroot.small: in the bundle");
    // What a build that asks for no evidence does not load, and what a bundle may lack.
    const [diff, sbom, report] = [join(folder, "d.json"), join(folder, "s.cdx.json"), join(folder, "r.html")];
    const spdx = join(folder, "s.spdx.json");
    const evidence = ["-diff", diff, "-sbom", sbom, "-report", report];
    const other = await template("evidence", shell("echo new > /srv/new"));
    await execute("bin/outscale-chroot", ["build", "-local", ...evidence, other], { env });
    const { files } = JSON.parse(await readFile(diff, "utf8"));
    expect(files.list).toMatchObject([{ path: "/srv/new", change: "added" }]);
    expect(JSON.parse(await readFile(sbom, "utf8"))).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6" });
    expect(await readFile(report, "utf8")).toContain("What changed in the image");
    const third = await template("spdx", shell("true"));
    await execute("bin/outscale-chroot", ["build", "-local", "-sbom", spdx, third], { env });
    expect(JSON.parse(await readFile(spdx, "utf8"))).toMatchObject({ spdxVersion: "SPDX-2.3" });
  });

  it("builds by default on a machine whose kernel has no binfmt_misc", async () => {
    const path = await template("plain-kernel", shell("cut -d' ' -f2 /proc/mounts"));
    // In a mount namespace where the kernel's folder is not to be seen.
    const masked = 'mount -t tmpfs none /proc/sys/fs && exec bin/outscale-chroot build -local "$0"';
    const { stdout } = await execute("unshare", ["--mount", "sh", "-c", masked, path], { env });
    expect(stdout).toMatch(/small: \/dev\/pts$/m);
    expect(stdout).not.toContain("binfmt_misc");
  });

  it("cleans up when Ctrl-C reaches every process of the terminal", async () => {
    const path = await template("interrupted", shell("echo begun", "sleep 60"));
    // A process group of its own, as a shell gives to what it starts.
    const child = spawn("bin/outscale-chroot", ["build", "-local", path], { env, detached: true });
    let output = "";
    child.stdout.on("data", (piece) => {
      output += piece;
      if (String(piece).includes(": begun")) process.kill(-(child.pid ?? 0), "SIGINT");
    });
    const [exitCode] = await once(child, "exit");
    expect(exitCode, output).toBe(130);
    expect(await readdir(join(folder, "runs"))).toEqual([]);
  });

  it("has a library beside it with types", async () => {
    const library: unknown = await import(join(process.cwd(), "dist/lib/index.js"));
    expect(library).toMatchObject({ BuilderId: "oapi.outscale.chroot", Builder: expect.any(Function) });
    expect(await readFile("dist/types/index.d.ts", "utf8")).toContain("Builder");
  });
});
