import { describe, expect, it, vi } from "vitest";
import { data, hookOf, openPlugin, provisioning, run } from "../../../tests/support/packer-plugin/fake-build.ts";
import { CancelledError } from "../../common/errors.ts";
import { secrets } from "../../common/secrets.ts";

describe("Hook.Run", () => {
  it("carries the build's values as text, and every name that Packer knows", async () => {
    const { builder, core } = await openPlugin(provisioning({}));
    const Run = vi.fn(hookOf(core, async () => undefined));
    await run(builder, core, { Hook: { Run }, Ui: {} });
    expect(Run.mock.calls[0]?.[0]).toMatchObject({
      Name: "packer_provision",
      Data: { ...data, PackerHTTPIP: "ERR_HTTP_IP_NOT_IMPLEMENTED_BY_BUILDER" },
    });
  });

  it("passes on what provisioners show, their progress too, with secrets masked", async () => {
    secrets.add("hook-test-secret");
    const { builder, core } = await openPlugin(provisioning({}));
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
    const { builder, core } = await openPlugin(provisioning({}, stop.signal));
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
    const { builder, core } = await openPlugin(provisioning({}));
    const Run = () => {
      throw new Error("Script exited with non-zero exit status: 3");
    };
    await expect(run(builder, core, { Hook: { Run } })).rejects.toThrow(/^Script exited with non-zero exit status: 3$/);
  });
});
