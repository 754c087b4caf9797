import { describe, expect, it, vi } from "vitest";
import { data, openPlugin, run } from "../../../tests/support/packer-plugin/fake-build.ts";
import { connectEnds, dialRpc, prepared } from "../../../tests/support/packer-plugin/fake-core.ts";
import { OmiArtifact } from "../../builder/artifact.ts";
import { CancelledError, ConfigError } from "../../common/errors.ts";
import { noLog } from "../../common/log.ts";
import { secrets } from "../../common/secrets.ts";
import type { RawConfig } from "../../definition/raw-value.ts";
import { fieldsOf, textOf } from "../rpc/fields.ts";
import { methodsOf, serveRpc } from "../rpc/server.ts";
import { BuilderService, type Engine } from "./builder-methods.ts";

describe("Builder.ConfigSpec", () => {
  it("is the same every time", async () => {
    const { builder } = await openPlugin({});
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
    const { builder } = await openPlugin({ prepareRaw: prepare });
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
    const { builder } = await openPlugin({
      prepareRaw: () => {
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
    const { builder } = await openPlugin({ prepareRaw: prepare });
    const options = Buffer.from(JSON.stringify({ value: { source_omi: "<unknown>" }, type: "string" }));
    expect(await builder.call("Builder.Prepare", { Configs: [{}, options] })).toMatchObject({ Error: null });
  });

  it("uses the engine itself when none is given", async () => {
    const { plugin, core } = connectEnds();
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
  it("tells before each answer what has been done", async () => {
    const worked: boolean[] = [];
    const { builder, core } = await openPlugin({}, (isWhole) => worked.push(isWhole));
    await builder.call("Builder.Prepare", { Configs: [{}, {}] });
    expect(worked).toEqual([false]);
    await run(builder, core);
    expect(worked).toEqual([false, false, true]);
  });

  it("shows lines in their order, and answers the point of the artifact", async () => {
    const copies = [{ region: "us-east-2", accountId: "222222222222", imageId: "ami-3", snapshotIds: ["snap-2"] }];
    const product = { imageId: "ami-2", snapshotIds: ["snap-1"], copies } as never;
    const destroy = vi.fn(async () => undefined);
    const artifact = new OmiArtifact({ region: "eu-west-2", product, data, destroy });
    const { builder, core } = await openPlugin({
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
    expect(answers).toEqual([artifact.builderId, "eu-west-2:ami-2,us-east-2:ami-3", artifact.string(), []]);
    const regions = { "region.eu-west-2": "ami-2", "region.us-east-2": "ami-3" };
    expect(await served.call("Artifact.State", "atlas.artifact.metadata")).toEqual(regions);
    expect(await served.call("Artifact.State", "generated_data")).toEqual(data);
    expect(await served.call("Artifact.State", "anything")).toBeNull();
    destroy.mockRejectedValueOnce(new Error("it is in use"));
    await expect(served.call("Artifact.Destroy")).rejects.toThrow(/^it is in use$/);
    expect(await served.call("Artifact.Destroy")).toBeNull();
  });

  it("answers 0 when nothing was made, and a failure as the error of the call", async () => {
    const engine = { run: vi.fn<Engine["run"]>(async () => undefined) };
    const first = await openPlugin(engine);
    expect(await run(first.builder, first.core)).toBe(0);
    engine.run.mockRejectedValueOnce(new Error("the volume is gone"));
    const second = await openPlugin(engine);
    await expect(run(second.builder, second.core)).rejects.toThrow(/^the volume is gone$/);
  });

  it("refuses a build that was not prepared", async () => {
    const { builder } = await openPlugin({});
    await expect(builder.call("Builder.Run", 1)).rejects.toThrow("not prepared");
  });

  it("and runs it all the same once it is", async () => {
    const { builder, core } = await openPlugin({});
    await expect(builder.call("Builder.Run", 1)).rejects.toThrow("not prepared");
    expect(await run(builder, core)).toBe(0);
  });

  it("refuses a second build, and waits for the one that runs all the same", async () => {
    const order: string[] = [];
    const { builder, core, service } = await openPlugin({
      run: ({ signal }) =>
        new Promise((_, reject) => {
          order.push("begun");
          signal?.addEventListener("abort", () =>
            setImmediate(() => {
              order.push("ended");
              reject(new CancelledError());
            }),
          );
        }),
    });
    const running = expect(run(builder, core)).rejects.toThrow("cancelled");
    await expect.poll(() => order).toEqual(["begun"]);
    await expect(run(builder, core)).rejects.toThrow("is running already");
    await service.abandon("Packer is gone");
    order.push("abandoned");
    expect(order).toEqual(["begun", "ended", "abandoned"]);
    await running;
  });

  it("is stopped by Builder.Cancel, and hurried by a second one", async () => {
    const wishes: string[] = [];
    const { builder, core } = await openPlugin({
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
    await expect.poll(() => wishes).toEqual(["run"]);
    await builder.call("Builder.Cancel");
    await builder.call("Builder.Cancel");
    await failed;
    expect(wishes).toEqual(["run", "stop", "hurry"]);
  });

  it("is stopped when Packer is gone, and waited for", async () => {
    let hasEnded = false;
    let hasBegun = false;
    const { builder, core, service } = await openPlugin({
      run: ({ signal }) =>
        new Promise((_, reject) => {
          hasBegun = true;
          signal?.addEventListener("abort", () =>
            setTimeout(() => {
              hasEnded = true;
              reject(new CancelledError());
            }, 5),
          );
        }),
    });
    void run(builder, core).catch(() => undefined);
    await expect.poll(() => hasBegun).toBe(true);
    core.session.close();
    await service.abandon("Packer is gone");
    expect(hasEnded).toBe(true);
  });
});
