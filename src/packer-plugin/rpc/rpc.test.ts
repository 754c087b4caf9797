import { once } from "node:events";
import { duplexPair } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { decodeMulti } from "@msgpack/msgpack";
import { describe, expect, it, vi } from "vitest";
import { captured } from "../../../tests/support/packer-plugin/fake-core.ts";
import { secrets } from "../../common/secrets.ts";
import { RpcClient } from "./client.ts";
import { methodsOf, type RpcServices, serveRpc } from "./server.ts";

function serve(services: RpcServices) {
  const [ours, theirs] = duplexPair();
  const served = serveRpc(ours, methodsOf(services));
  return { ours, theirs, served };
}

describe("serveRpc()", () => {
  it("answers a call byte for byte as captured", async () => {
    const { theirs } = serve({ Artifact: { String: () => "OMIs were created:\neu-west-2: ami-0badcafe" } });
    theirs.write(captured('82 ad "ServiceMethod" af "Artifact.String" a3 "Seq" 00 c0'));
    const [answer] = await once(theirs, "data");
    const header = captured('83 ad "ServiceMethod" af "Artifact.String" a3 "Seq" 00 a5 "Error" a0');
    const body = captured('d9 2a "OMIs were created:" 0a "eu-west-2: ami-0badcafe"');
    expect(answer).toEqual(Buffer.concat([header, body]));
  });

  it("answers an error in the header, with an empty map behind it, and masks secrets in it", async () => {
    secrets.add("rpc-test-secret");
    const { theirs } = serve({
      Builder: {
        Run: () => {
          throw new Error("refused: rpc-test-secret");
        },
      },
    });
    theirs.write(captured('82 ad "ServiceMethod" ab "Builder.Run" a3 "Seq" 01 01'));
    const [answer] = await once(theirs, "data");
    expect([...decodeMulti(answer)]).toEqual([
      { ServiceMethod: "Builder.Run", Seq: 1, Error: "refused: <sensitive>" },
      {},
    ]);
  });

  it("handles calls side by side, and answers in the order in which they end", async () => {
    let finishRun: (value: number) => void = () => undefined;
    const run = new Promise<number>((resolve) => {
      finishRun = resolve;
    });
    const { theirs } = serve({ Builder: { Run: () => run, Cancel: () => finishRun(2) } });
    const client = new RpcClient(theirs);
    const ended: string[] = [];
    await Promise.all([
      client.call("Builder.Run", 1).then((point) => ended.push(`run ${point}`)),
      client.call("Builder.Cancel").then(() => ended.push("cancel")),
    ]);
    expect(ended.sort()).toEqual(["cancel", "run 2"]);
  });

  it.each([
    ["Nothing.Here", "rpc: can't find service Nothing.Here"],
    ["Builder.Here", "rpc: can't find method Builder.Here"],
    ["Builder.toString", "rpc: can't find method Builder.toString"],
    ["Builder", "rpc: can't find service .Builder"],
  ])("says what is missing: %s", async (method, message) => {
    const { theirs } = serve({ Builder: {} });
    await expect(new RpcClient(theirs).call(method)).rejects.toThrow(message);
  });

  it("reads no further calls while too many are running", async () => {
    const started = vi.fn(() => new Promise(() => undefined));
    const { theirs } = serve({ Slow: { Call: started } });
    const client = new RpcClient(theirs);
    for (let count = 0; count < 100; count++) void client.call("Slow.Call").catch(() => undefined);
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    expect(started).toHaveBeenCalledTimes(64);
  });

  it.each([
    ["a header that is no map", "01 c0"],
    ["what is no msgpack", "c1"],
    ["a method that is a number", '82 ad "ServiceMethod" 01 a3 "Seq" 00 c0'],
  ])("ends the stream at %s", async (_, bytes) => {
    const { ours, theirs, served } = serve({});
    theirs.write(captured(bytes));
    await expect(served).rejects.toThrow("A message");
    expect(ours.destroyed).toBe(true);
  });
});

describe("RpcClient", () => {
  it("calls byte for byte as captured", async () => {
    const [ours, theirs] = duplexPair();
    void new RpcClient(ours).call("Ui.Say", "hello from node").catch(() => undefined);
    const [bytes] = await once(theirs, "data");
    expect(bytes).toEqual(captured('82 ad "ServiceMethod" a6 "Ui.Say" a3 "Seq" 00 af "hello from node"'));
  });

  it("takes answers in any order, and an error's text as it came", async () => {
    const [ours, theirs] = duplexPair();
    const client = new RpcClient(ours);
    const [first, second] = [client.call("Ui.Say", "a"), client.call("Hook.Run", {})];
    theirs.write(captured('83 ad "ServiceMethod" a8 "Hook.Run" a3 "Seq" 01 a5 "Error" a6 "failed" 80'));
    await expect(second).rejects.toThrow(/^failed$/);
    theirs.write(captured('83 ad "ServiceMethod" a6 "Ui.Say" a3 "Seq" 00 a5 "Error" a0 c0'));
    expect(await first).toBeNull();
  });

  it("fails what is open when the stream ends, and every call after it", async () => {
    const [ours, theirs] = duplexPair();
    const client = new RpcClient(ours);
    const call = client.call("Ui.Say", "a");
    theirs.end();
    await expect(call).rejects.toThrow("ended the stream");
    await expect(client.call("Ui.Say", "b")).rejects.toThrow("ended the stream");
  });
});
