import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { type Reply, ScriptedServer } from "../../tests/support/outscale/scripted-server.ts";
import { CancelledError } from "../common/errors.ts";
import { MetadataError } from "./errors.ts";
import { readMetadata, readVmId } from "./metadata.ts";

async function serve(reply: Reply) {
  const server = await ScriptedServer.start([reply]);
  const endpoint = `http://127.0.0.1:${server.port}/`;
  return { server, endpoint, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

describe("readVmId()", () => {
  it("asks the metadata service and trims what it says", async () => {
    await using service = await serve({ body: "i-1a2b3c4d\n" });
    expect(await readVmId(service)).toBe("i-1a2b3c4d");
    expect(service.server.requests).toMatchObject([{ method: "GET", url: "/latest/meta-data/instance-id" }]);
  });

  it("refuses what is no VM id", async () => {
    await using service = await serve({ body: "<html>Sign in</html>" });
    await expect(readVmId(service)).rejects.toThrow(
      'answered "<html>Sign in</html>", which is not the id of an OUTSCALE VM',
    );
  });
});

describe("readMetadata()", () => {
  it("tells the status, and how to do without", async () => {
    await using service = await serve({ status: 404, body: "" });
    const error = await readMetadata("nothing", service).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(MetadataError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/nothing": HTTP 404$/),
      hint: expect.stringContaining("vm_id"),
    });
  });

  it("keeps the real cause", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    const endpoint = await new Promise<string>((resolve) => {
      closed.once("listening", () => {
        const address = closed.address();
        closed.close(() => resolve(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`));
      });
    });
    const error = await readMetadata("instance-id", { endpoint }).catch((error: unknown) => error);
    expect(error).toMatchObject({ cause: { code: "ECONNREFUSED" } });
  });

  it("lets go of an answer that would fill the memory", async () => {
    await using service = await serve({ body: "i-1a2b3c4d".padEnd(2 * 1024 * 1024) });
    const error = await readMetadata("instance-id", service).catch((error: unknown) => error);
    expect(error).toMatchObject({ cause: { message: "the answer has more than 1048576 bytes" } });
  });

  it("gives up on a silent service", async () => {
    await using service = await serve("silence");
    const error = await readMetadata("instance-id", { ...service, answerTimeoutMs: 20 }).catch(
      (error: unknown) => error,
    );
    expect(error).toMatchObject({ cause: { message: "no answer within 20 ms" } });
  });

  it("stops when the signal fires", async () => {
    await using service = await serve("silence");
    const controller = new AbortController();
    const arrived = service.server.nextRequest();
    const reading = readMetadata("instance-id", { ...service, signal: controller.signal });
    const failure = expect(reading).rejects.toThrow(CancelledError);
    await arrived;
    controller.abort();
    await failure;
  });
});
