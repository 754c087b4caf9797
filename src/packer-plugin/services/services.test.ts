import type { Duplex } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { OmiArtifact } from "../../builder/artifact.ts";
import type { RunInput } from "../../builder/builder.ts";
import type { GeneratedData, ProvisionInput } from "../../builder/hook.ts";
import type { Communicator, RemoteCommand } from "../../chroot/communicator.ts";
import { CancelledError, ConfigError } from "../../common/errors.ts";
import { noLog } from "../../common/log.ts";
import { secrets } from "../../common/secrets.ts";
import type { RawConfig } from "../../template/definition.ts";
import { encodeExitStatus } from "../gob/exit-status.ts";
import type { RpcClient } from "../rpc/client.ts";
import { fieldsOf, textOf } from "../rpc/fields.ts";
import { methodsOf, type RpcServices, serveRpc } from "../rpc/server.ts";
import { connectEnds, dialRpc, type End } from "../testing/fake-core.ts";
import { BuilderService, type Engine } from "./builder-methods.ts";

const data: GeneratedData = {
  ID: "vol-1",
  ConnType: "chroot",
  Device: "/dev/xvdf",
  MountPath: "/mnt/x",
  BuildRegion: "eu-west-2",
  SourceOMI: "ami-1",
  SourceOMIName: "Debian",
  SourceOMIOwner: "1",
  SourceOMICreationDate: "2026",
  PackerRunUUID: "u",
};

const prepared = (warnings: readonly string[] = []) => ({ warnings, generatedVariables: [] }) as never;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A plugin with an engine of the test's, and Packer's end of the connection. */
async function open(engine: Partial<Engine>) {
  const { plugin, core } = connectEnds();
  closers.push(() => plugin.session.close());
  const service = new BuilderService({
    broker: plugin.broker,
    env: {},
    log: noLog,
    configSpec: async () => Buffer.from("spec"),
    openEngine: () => ({ prepare: () => prepared(), run: async () => undefined, ...engine }),
  });
  const find = methodsOf({ Builder: service.methods() });
  plugin.broker.serve((stream) => void serveRpc(stream, find).catch(() => undefined), 0);
  const builder = await dialRpc(core, 0);
  return { service, core, builder };
}

/** Prepares, and runs the build with these services on Packer's side. */
async function run(builder: RpcClient, core: End, services: RpcServices = {}): Promise<unknown> {
  await builder.call("Builder.Prepare", { Configs: [{}, {}] });
  const { point } = core.broker.serve((stream) => void serveRpc(stream, methodsOf(services)).catch(() => undefined));
  return builder.call("Builder.Run", point);
}

describe("Builder.ConfigSpec", () => {
  it("is the same every time", async () => {
    const { builder } = await open({});
    for (const answer of [await builder.call("Builder.ConfigSpec"), await builder.call("Builder.ConfigSpec")]) {
      const { ConfigSpec } = fieldsOf(answer);
      expect(ConfigSpec).toBeInstanceOf(Uint8Array);
      expect(textOf(ConfigSpec)).toBe("spec");
    }
  });
});

describe("Builder.Prepare", () => {
  it("gives the options to the engine, and answers names and warnings", async () => {
    const prepare = vi.fn((..._: readonly RawConfig[]) => prepared(["careful"]));
    const { builder } = await open({ prepare });
    const answer = await builder.call("Builder.Prepare", { Configs: [{ omi_name: "web" }, { packer_debug: false }] });
    expect(answer).toMatchObject({ Warnings: ["careful"], Error: null });
    expect(fieldsOf(answer).GeneratedVars).toContain("MountPath");
    expect(prepare).toHaveBeenCalledWith({ omi_name: "web" }, { packer_debug: false });
  });

  it("answers every problem in the body, with secrets masked", async () => {
    secrets.add("services-test-secret");
    const problems = [
      { option: "omi_name", message: 'is not a name: "services-test-secret"' },
      { option: "tag[0].value", message: "is required", hint: "write one" },
    ];
    const { builder } = await open({
      prepare: () => {
        throw new ConfigError(problems);
      },
    });
    const answer = await builder.call("Builder.Prepare", { Configs: [{}, {}] });
    const Message =
      '2 error(s) occurred:\n\n* omi_name: is not a name: "<sensitive>"\n* tag[0].value: is required (write one)';
    expect(answer).toMatchObject({ Error: { Message } });
  });

  it("says nothing against what is not known yet", async () => {
    const prepare = () => {
      throw new ConfigError([{ option: "source_omi", message: "must be an OMI id" }]);
    };
    const { builder } = await open({ prepare });
    const options = Buffer.from(JSON.stringify({ value: { source_omi: "<unknown>" }, type: "string" }));
    expect(await builder.call("Builder.Prepare", { Configs: [{}, options] })).toMatchObject({ Error: null });
  });

  it("uses the engine itself when none is given", async () => {
    const { plugin, core } = connectEnds();
    closers.push(() => plugin.session.close());
    const service = new BuilderService({
      broker: plugin.broker,
      env: {},
      log: noLog,
      configSpec: async () => Buffer.of(),
    });
    plugin.broker.serve(
      (stream) => void serveRpc(stream, methodsOf({ Builder: service.methods() })).catch(() => undefined),
      0,
    );
    const builder = await dialRpc(core, 0);
    const answer = await builder.call("Builder.Prepare", { Configs: [{ omi_nam: "x" }, { packer_build_name: "b" }] });
    expect(String(fieldsOf(fieldsOf(answer).Error).Message)).toContain(
      '* omi_nam: is not an option (did you mean "omi_name"?)',
    );
  });
});

describe("Builder.Run", () => {
  it("shows lines in their order, and answers the point of the artifact", async () => {
    const product = { imageId: "ami-2", snapshotIds: ["snap-1"] } as never;
    const destroy = vi.fn(async () => undefined);
    const artifact = new OmiArtifact({ region: "eu-west-2", product, data, destroy });
    const { builder, core } = await open({
      run: async ({ ui }) => {
        ui.say("one");
        ui.message("two");
        ui.warn("three");
        ui.error("four");
        return artifact;
      },
    });
    const lines: string[] = [];
    // The first lines take longest: order must not come from luck.
    const show = (name: string) => async (line: unknown) => {
      await new Promise((resolve) => setTimeout(resolve, 8 - 2 * lines.length));
      lines.push(`${name}: ${line}`);
    };
    const Ui = { Say: show("say"), Message: show("message"), Error: show("error") };
    const point = Number(await run(builder, core, { Ui }));
    expect(lines).toEqual(["say: one", "message: two", "say: Warning: three", "error: four"]);
    const served = await dialRpc(core, point);
    const answers = await Promise.all(
      ["BuilderId", "Id", "String", "Files"].map((name) => served.call(`Artifact.${name}`)),
    );
    expect(answers).toEqual([artifact.builderId, "eu-west-2:ami-2", artifact.string(), []]);
    expect(await served.call("Artifact.State", "generated_data")).toEqual(data);
    expect(await served.call("Artifact.State", "anything")).toBeNull();
    destroy.mockRejectedValueOnce(new Error("it is in use"));
    await expect(served.call("Artifact.Destroy")).rejects.toThrow(/^it is in use$/);
    expect(await served.call("Artifact.Destroy")).toBeNull();
  });

  it("answers 0 when nothing was made, and a failure as the error of the call", async () => {
    const engine = { run: vi.fn<Engine["run"]>(async () => undefined) };
    const first = await open(engine);
    expect(await run(first.builder, first.core)).toBe(0);
    engine.run.mockRejectedValueOnce(new Error("the volume is gone"));
    const second = await open(engine);
    await expect(run(second.builder, second.core)).rejects.toThrow(/^the volume is gone$/);
  });

  it("refuses a build that was not prepared", async () => {
    const { builder } = await open({});
    await expect(builder.call("Builder.Run", 1)).rejects.toThrow("not prepared");
  });

  it("is stopped by Builder.Cancel, and hurried by a second one", async () => {
    const wishes: string[] = [];
    const { builder, core } = await open({
      run: ({ signal, hurry }) =>
        new Promise((_, reject) => {
          wishes.push("run");
          signal?.addEventListener("abort", () => wishes.push("stop"));
          hurry?.addEventListener("abort", () => {
            wishes.push("hurry");
            reject(new CancelledError());
          });
        }),
    });
    const running = run(builder, core);
    const failed = expect(running).rejects.toThrow("The build was cancelled");
    await vi.waitFor(() => expect(wishes).toEqual(["run"]));
    await builder.call("Builder.Cancel");
    await builder.call("Builder.Cancel");
    await failed;
    expect(wishes).toEqual(["run", "stop", "hurry"]);
  });

  it("is stopped when Packer is gone, and waited for", async () => {
    let hasEnded = false;
    const { builder, core, service } = await open({
      run: ({ signal }) =>
        new Promise((_, reject) => {
          signal?.addEventListener("abort", () =>
            setTimeout(() => {
              hasEnded = true;
              reject(new CancelledError());
            }, 5),
          );
        }),
    });
    void run(builder, core).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 5));
    core.session.close();
    await service.abandon("Packer is gone");
    expect(hasEnded).toBe(true);
  });
});

/** An engine that does nothing but provision, with this communicator. */
function provisioning(communicator: Partial<Communicator>, signal = new AbortController().signal): Partial<Engine> {
  return {
    run: async ({ ui, hook }: RunInput) => {
      const input = { ui, communicator, data, signal } as unknown as ProvisionInput;
      await hook.provision(input);
      return undefined;
    },
  };
}

/** Packer's side of a hook: what `Hook.Run` does with the communicator that it dials. */
function hookOf(core: End, act: (client: RpcClient, argument: Readonly<Record<string, unknown>>) => Promise<unknown>) {
  return async (argument: unknown) => {
    const fields = fieldsOf(argument);
    const client = await dialRpc(core, Number(fields.StreamId));
    await act(client, fields);
    client.close();
    return null;
  };
}

/** A point of Packer's whose stream a test wants. */
function serveStream(core: End): { readonly point: number; readonly stream: Promise<Duplex> } {
  let give: (stream: Duplex) => void = () => undefined;
  const stream = new Promise<Duplex>((resolve) => {
    give = resolve;
  });
  return { point: core.broker.serve((each) => give(each)).point, stream };
}

describe("Hook.Run", () => {
  it("carries the build's values as text, and every name that Packer knows", async () => {
    const { builder, core } = await open(provisioning({}));
    const Run = vi.fn(hookOf(core, async () => undefined));
    await run(builder, core, { Hook: { Run }, Ui: {} });
    expect(Run.mock.calls[0]?.[0]).toMatchObject({
      Name: "packer_provision",
      Data: { ...data, PackerHTTPIP: "ERR_HTTP_IP_NOT_IMPLEMENTED_BY_BUILDER" },
    });
  });

  it("passes on what provisioners show, their progress too, with secrets masked", async () => {
    secrets.add("hook-test-secret");
    const { builder, core } = await open(provisioning({}));
    const calls: unknown[] = [];
    const note =
      (name: string, answer: unknown = null) =>
      (argument: unknown) => {
        calls.push([name, argument]);
        return answer;
      };
    const Run = hookOf(core, async (client) => {
      await client.call("Ui.Message", "it is hook-test-secret");
      await client.call("Ui.Machine", { Category: "c", Args: ["hook-test-secret"] });
      const id = await client.call("Ui.NewTrackProgress", { Src: "big.bin", TotalSize: 9, CurrentSize: 0 });
      await client.call(`Ui${id}.Add`, 9);
      await client.call(`Ui${id}.Close`);
      await expect(client.call("Ui.Nothing")).rejects.toThrow("can't find method Ui.Nothing");
    });
    const Ui = { Message: note("Message"), Machine: note("Machine"), NewTrackProgress: note("New", "big.bin x1") };
    await run(builder, core, { Hook: { Run }, Ui, "Uibig.bin x1": { Add: note("Add"), Close: note("Close") } });
    expect(calls).toEqual([
      ["Message", "it is <sensitive>"],
      ["Machine", { Category: "c", Args: ["<sensitive>"] }],
      ["New", { Src: "big.bin", TotalSize: 9, CurrentSize: 0 }],
      ["Add", 9],
      ["Close", null],
    ]);
  });

  it("is cancelled by a call of its own, and fails as cancelled", async () => {
    const stop = new AbortController();
    const { builder, core } = await open(provisioning({}, stop.signal));
    let fail: (error: Error) => void = () => undefined;
    const Hook = {
      Run: () => {
        setTimeout(() => stop.abort(new CancelledError("Stopped")), 1);
        return new Promise((_, reject) => {
          fail = reject;
        });
      },
      Cancel: () => fail(new Error("context canceled")),
    };
    await expect(run(builder, core, { Hook })).rejects.toThrow(/^Stopped$/);
  });

  it("fails with the provisioner's own words", async () => {
    const { builder, core } = await open(provisioning({}));
    const Run = () => {
      throw new Error("Script exited with non-zero exit status: 3");
    };
    await expect(run(builder, core, { Hook: { Run } })).rejects.toThrow(/^Script exited with non-zero exit status: 3$/);
  });
});

describe("Communicator", () => {
  it("runs a command with all its streams, and tells its exit code last", async () => {
    const start = async ({ command, stdin, stdout, stderr }: RemoteCommand) => {
      stdout?.write(`ran ${command} with ${await text(stdin as NonNullable<typeof stdin>)}`);
      stderr?.write("a warning");
      return { code: 7, signal: null };
    };
    const { builder, core } = await open(provisioning({ start }));
    const results: unknown[] = [];
    const Run = hookOf(core, async (client) => {
      const [stdin, stdout, stderr, response] = [1, 2, 3, 4].map(() => serveStream(core)) as [
        Point,
        Point,
        Point,
        Point,
      ];
      await client.call("Communicator.Start", {
        Command: "cat",
        StdinStreamId: stdin.point,
        StdoutStreamId: stdout.point,
        StderrStreamId: stderr.point,
        ResponseStreamId: response.point,
      });
      (await stdin.stream).end("input");
      results.push(
        await text(await stdout.stream),
        await text(await stderr.stream),
        await buffer(await response.stream),
      );
    });
    await run(builder, core, { Hook: { Run } });
    expect(results).toEqual(["ran cat with input", "a warning", encodeExitStatus(7)]);
  });

  it("tells a command that cannot run on its standard error, with the code of a killed one", async () => {
    const { builder, core } = await open(provisioning({ start: () => Promise.reject(new Error("no chroot(8)")) }));
    const results: unknown[] = [];
    const Run = hookOf(core, async (client) => {
      const [stderr, response] = [serveStream(core), serveStream(core)];
      const ids = {
        StdinStreamId: 0,
        StdoutStreamId: 0,
        StderrStreamId: stderr.point,
        ResponseStreamId: response.point,
      };
      await client.call("Communicator.Start", { Command: "true", ...ids });
      results.push(await text(await stderr.stream), await buffer(await response.stream));
    });
    await run(builder, core, { Hook: { Run } });
    expect(results).toEqual(["no chroot(8)\n", encodeExitStatus(-1)]);
  });

  it("stops commands that are still running when Packer has ended its provisioners", async () => {
    const stopped = vi.fn();
    const start = ({ signal }: RemoteCommand) =>
      new Promise<never>((_, reject) => {
        signal?.addEventListener("abort", () => {
          stopped();
          reject(new CancelledError());
        });
      });
    const { builder, core } = await open(provisioning({ start }));
    const Run = hookOf(core, (client) => client.call("Communicator.Start", { Command: "sleep" }));
    await run(builder, core, { Hook: { Run } });
    await vi.waitFor(() => expect(stopped).toHaveBeenCalledOnce());
  });

  it("uploads with the mode that Go sends", async () => {
    const uploads: unknown[] = [];
    const upload: Communicator["upload"] = async (path, content, info) => {
      uploads.push([path, await text(content), info]);
    };
    const { builder, core } = await open(provisioning({ upload }));
    const Run = hookOf(core, async (client) => {
      for (const FileInfo of [null, { N: "x", S: 3, M: 0o755 + 2 ** 23, T: null }]) {
        const { point, stream } = serveStream(core);
        const done = client.call("Communicator.Upload", { Path: "/x", ReaderStreamId: point, FileInfo });
        (await stream).end("abc");
        await done;
      }
    });
    await run(builder, core, { Hook: { Run } });
    expect(uploads).toEqual([
      ["/x", "abc", {}],
      ["/x", "abc", { mode: 0o4755 }],
    ]);
  });

  it("ends the stream of a download that fails before it answers", async () => {
    const download: Communicator["download"] = async (path, content) => {
      content.write("half");
      throw new Error(`Cannot read ${path}`);
    };
    const { builder, core } = await open(provisioning({ download }));
    const received: string[] = [];
    const Run = hookOf(core, async (client) => {
      const { point, stream } = serveStream(core);
      const failed = expect(
        client.call("Communicator.Download", { Path: "/x", WriterStreamId: point }),
      ).rejects.toThrow(/^Cannot read \/x$/);
      received.push(await text(await stream));
      await failed;
    });
    await run(builder, core, { Hook: { Run } });
    expect(received).toEqual(["half"]);
  });

  it("holds a command back whose output nobody reads", async () => {
    let written = 0;
    const start = async ({ stdout }: RemoteCommand) => {
      for (let count = 0; count < 64; count++) {
        written += 65_536;
        if (!stdout?.write(Buffer.alloc(65_536))) await new Promise((resolve) => stdout?.once("drain", resolve));
      }
      return { code: 0, signal: null };
    };
    const { builder, core } = await open(provisioning({ start }));
    const Run = hookOf(core, async (client) => {
      const stdout = serveStream(core);
      await client.call("Communicator.Start", { Command: "yes", StdoutStreamId: stdout.point });
      const stream = await stdout.stream;
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(written).toBeLessThan(1024 * 1024);
      expect((await buffer(stream)).length).toBe(64 * 65_536);
    });
    await run(builder, core, { Hook: { Run } });
  });

  it("copies folders both ways by their paths", async () => {
    const [uploadDir, downloadDir] = [vi.fn(async () => undefined), vi.fn(async () => undefined)];
    const { builder, core } = await open(provisioning({ uploadDir, downloadDir }));
    const Run = hookOf(core, async (client) => {
      await client.call("Communicator.UploadDir", { Dst: "/d", Src: "s/", Exclude: ["*.o"] });
      await client.call("Communicator.DownloadDir", { Dst: "d", Src: "/s", Exclude: null });
    });
    await run(builder, core, { Hook: { Run } });
    expect(uploadDir).toHaveBeenCalledWith("/d", "s/", ["*.o"]);
    expect(downloadDir).toHaveBeenCalledWith("/s", "d", []);
  });
});

type Point = ReturnType<typeof serveStream>;
