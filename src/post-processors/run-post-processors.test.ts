import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { build, generatedData, InstantClock } from "../../tests/support/provisioners/provisioning.ts";
import { RecordingUi } from "../../tests/support/terminal/recording-ui.ts";
import { CancelledError } from "../common/errors.ts";
import type { PostProcessorDefinition } from "../definition/build-definition.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import { hostRunner } from "../host/run-command.ts";
import { makeTemporaryFolder } from "../host/temporary-folder.ts";
import type { Artifact } from "./artifact.ts";
import { checkPostProcessors } from "./check-post-processors.ts";
import { PostProcessError, type PostProcessInput, runPostProcessors } from "./run-post-processors.ts";

let folder: string;
let ui: RecordingUi;
let destroyed: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "post-processors-"));
  ui = new RecordingUi();
  destroyed = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function makeArtifact(changes: Partial<Artifact> = {}): Artifact {
  return {
    builderId: "oapi.outscale.chroot",
    id: "eu-west-2:ami-1a2b3c4d",
    files: [],
    string: () => "OMIs were created:\neu-west-2: ami-1a2b3c4d",
    state: (name) => (name === "generated_data" ? generatedData : undefined),
    destroy: async () => {
      destroyed++;
    },
    ...changes,
  };
}

function makeInput(changes: Partial<PostProcessInput> = {}): PostProcessInput {
  return {
    ...build,
    ...{ runUuid: "run-1", force: false, ui, local: hostRunner(), clock: new InstantClock() },
    makeTemporaryFolder,
    signal: new AbortController().signal,
    ...changes,
  };
}

function define(
  type: string,
  options: RawConfig | PostProcessorDefinition["evaluate"],
  keep?: boolean,
): PostProcessorDefinition {
  return {
    ...{ type, name: type, keepInputArtifact: keep },
    location: { file: "debian.pkr.hcl", line: 40, column: 5 },
    evaluate: typeof options === "function" ? options : () => options,
    show: () => ({}),
  };
}

const manifest = (options: RawConfig = {}) => define("manifest", { output: join(folder, "manifest.json"), ...options });
const local = (line: string, keep?: boolean) => define("shell-local", { inline: [line] }, keep);
const readManifest = () => readFile(join(folder, "manifest.json"), "utf8");
const expectFailure = (chains: PostProcessorDefinition[][]) =>
  expect(runPostProcessors(chains, makeArtifact(), makeInput())).rejects;

describe("runPostProcessors()", () => {
  it("runs chains in order, with build.* known, and keeps the artifact", async () => {
    const last = define("shell-local", (data) => ({ inline: [`echo ${data.SourceOMI} $PACKER_BUILD_NAME {{.ID}}`] }));
    await runPostProcessors(
      [[manifest(), local("echo one")], [{ ...last, name: "tell" }]],
      makeArtifact(),
      makeInput(),
    );
    expect(ui.of("say").filter((line) => line.startsWith("Running post-processor"))).toEqual([
      "Running post-processor: manifest",
      "Running post-processor: shell-local",
      "Running post-processor: tell (type shell-local)",
    ]);
    expect(ui.of("message")).toEqual(["one", "ami-1a2b3c4d debian vol-1a2b3c4d"]);
    expect(destroyed).toBe(0);
  });

  it("ends a chain at its failure, and goes on with the next chain", async () => {
    await expectFailure([[local("echo a; exit 3"), local("echo b")], [local("echo c")]]).toThrow(PostProcessError);
    expect(ui.of("message")).toEqual(["a", "c"]);
  });

  it.each([
    ["destroys the artifact when all have failed at once", [[local("exit 1")], [local("exit 1")]], 1],
    ["keeps it when the first of a chain has kept it", [[local("true"), local("exit 1")], [local("exit 1")]], 0],
    ["keeps it when keep_input_artifact says so", [[local("exit 1", true)]], 0],
    ["destroys it when keep_input_artifact does not ask for it", [[local("exit 1", false)]], 1],
  ])("%s", async (_title, chains, times) => {
    await expectFailure(chains).toMatchObject({ result: { isArtifactKept: times === 0 } });
    expect(destroyed).toBe(times);
  });

  it("tells of an artifact that cannot be destroyed", async () => {
    const artifact = makeArtifact({ destroy: () => Promise.reject(new Error("the OMI is in use")) });
    await expect(runPostProcessors([[local("exit 1")]], artifact, makeInput())).rejects.toThrow("the OMI is in use");
  });

  it("keeps the artifact when it is cancelled", async () => {
    const cancel = new AbortController();
    ui.message = () => cancel.abort();
    const running = runPostProcessors(
      [[local("echo a; sleep 600")]],
      makeArtifact(),
      makeInput({ signal: cancel.signal }),
    );
    await expect(running).rejects.toThrow(CancelledError);
    expect(destroyed).toBe(0);
  });

  it("shows each post-processor's lines in its own place", async () => {
    const own = new RecordingUi();
    await runPostProcessors([[local("echo a")]], makeArtifact(), makeInput({ uiOf: () => own }));
    expect(own.of("message")).toEqual(["a"]);
    expect(ui.of("say")).toEqual(["Running post-processor: shell-local"]);
  });
});

describe("manifest", () => {
  it("writes Packer's format", async () => {
    const file = join(folder, "disk.raw");
    await writeFile(file, "12345");
    const options = { strip_path: true, custom_data: { z: "{{.SourceOMI}}", my_custom_data: "a <b> & c" } };
    await runPostProcessors([[manifest(options)]], makeArtifact({ files: [file, `${file}.gone`] }), makeInput());
    expect(await readManifest()).toBe(`{
  "builds": [
    {
      "name": "debian",
      "builder_type": "outscale-chroot",
      "build_time": 1700000000,
      "files": [
        {
          "name": "disk.raw",
          "size": 5
        },
        {
          "name": "disk.raw.gone",
          "size": 0
        }
      ],
      "artifact_id": "eu-west-2:ami-1a2b3c4d",
      "packer_run_uuid": "run-1",
      "custom_data": {
        "my_custom_data": "a \\u003cb\\u003e \\u0026 c",
        "z": "ami-1a2b3c4d"
      }
    }
  ],
  "last_run_uuid": "run-1"
}`);
  });

  it("adds to the file that is there, and starts afresh with -force in a new run", async () => {
    const run = (changes: Partial<PostProcessInput>) =>
      runPostProcessors([[manifest({ strip_time: true })]], makeArtifact(), makeInput(changes));
    const runs = async () => {
      const { builds, last_run_uuid } = JSON.parse(await readManifest());
      return [builds.map((one: { packer_run_uuid: string }) => one.packer_run_uuid), last_run_uuid];
    };
    await run({ runUuid: "one" });
    await run({ runUuid: "two" });
    expect(await runs()).toEqual([["one", "two"], "two"]);
    await run({ runUuid: "three", force: true });
    await run({ runUuid: "three", force: true });
    expect(await runs()).toEqual([["three", "three"], "three"]);
    expect(JSON.parse(await readManifest()).builds[0]).toEqual({
      ...{ name: "debian", builder_type: "outscale-chroot", files: null, artifact_id: "eu-west-2:ami-1a2b3c4d" },
      ...{ packer_run_uuid: "three", custom_data: null },
    });
  });

  it("loses no build when many end at the same time, and leaves no lock", async () => {
    const ends = Array.from({ length: 12 }, (_, index) => {
      const { clock: _fake, ...input } = makeInput({ runUuid: `run-${index}` });
      return runPostProcessors([[manifest()]], makeArtifact(), input);
    });
    await Promise.all(ends);
    expect(JSON.parse(await readManifest()).builds).toHaveLength(12);
    expect(await readdir(folder)).toEqual(["manifest.json"]);
  });

  it("takes over a lock that a dead build has left", async () => {
    await writeFile(join(folder, "manifest.json.lock"), "");
    await runPostProcessors([[manifest()]], makeArtifact(), makeInput());
    expect(await readdir(folder)).toEqual(["manifest.json"]);
  });

  it("leaves a file alone that is no manifest", async () => {
    for (const text of ["not JSON", '{"builds": 5}', "[]"]) {
      await writeFile(join(folder, "manifest.json"), text);
      await expectFailure([[manifest()]]).toThrow("is not a manifest");
      expect(await readManifest()).toBe(text);
    }
  });
});

describe("shell-local post-processor", () => {
  it("takes one string as execute_command, for a shell", async () => {
    const options = { inline: ["echo $1"], execute_command: "{{.Script}} 'a b' | tr a-z A-Z" };
    await runPostProcessors([[define("shell-local", options)]], makeArtifact(), makeInput());
    expect(ui.of("message")).toEqual(["A B"]);
  });
});

describe("checkPostProcessors()", () => {
  it("names the place of every problem", () => {
    const chains = [[manifest({ outptu: "x" })], [define("shell-local", {}), define("compress-all", {})]];
    expect(checkPostProcessors(chains, build)).toMatchObject([
      { option: 'post-processor "manifest" (debian.pkr.hcl:40): outptu', hint: 'did you mean "output"?' },
      { option: 'post-processor "shell-local" (debian.pkr.hcl:40): inline' },
      { option: 'post-processor "compress-all" (debian.pkr.hcl:40): type' },
    ]);
  });
});
