import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LocalCloud, startLocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import { fuzzLocalCloud } from "../support/local-cloud/fuzz-local-cloud.ts";
import { type Caller, signedCall } from "../support/local-cloud/signed-call.ts";
import { Random } from "../support/suite/random.ts";

/** As many as are over in some seconds; `npm run bench local-cloud-fuzz` goes on for 100,000. */
const RUNS = 1_500;
const AT_A_TIME = 16;

/** What ends the process elsewhere ends the test here: vitest fails on every unhandled rejection. */
describe("a local cloud that is sent nonsense", () => {
  let folder: string;
  let cloud: LocalCloud;
  const caller = (): Caller => ({ endpoint: cloud.endpoint, ...cloud.account("builder") });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "fuzz-"));
    cloud = await startLocalCloud({ stateFolder: folder, blocks: "memory" });
  });
  afterEach(async () => {
    await cloud.close();
    await rm(folder, { recursive: true });
  });

  it("answers or closes every connection, and goes on", async () => {
    const random = new Random(1);
    for (let run = 0; run < RUNS; run += AT_A_TIME) {
      await Promise.all(Array.from({ length: AT_A_TIME }, () => fuzzLocalCloud(random, caller())));
    }
    expect((await signedCall(caller(), "ReadVms")).body.Vms).toHaveLength(1);
  });

  it("answers 413 to a body that is announced too large, and to one that grows too large", async () => {
    for (const rest of [
      "Content-Length: 1048577\r\n\r\n",
      `Transfer-Encoding: chunked\r\n\r\n${`8000\r\n${"x".repeat(0x8000)}\r\n`.repeat(40)}`,
    ]) {
      const socket = connect(Number(new URL(cloud.endpoint).port), "127.0.0.1");
      socket.write(`POST /api/v1/ReadVms HTTP/1.1\r\nHost: x\r\n${rest}`);
      expect(await text(socket)).toMatch(/^HTTP\/1.1 413 /);
    }
  });

  it("closes in spite of clients that have said half of what they want, or do not listen", async () => {
    const sockets = ["", "POST /api/v1/ReadVms HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{"].map((said) => {
      const socket = connect(Number(new URL(cloud.endpoint).port), "127.0.0.1").on("error", () => undefined);
      socket.write(said || "POST /api");
      return socket;
    });
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
    await cloud.close();
    for (const socket of sockets) socket.destroy();
  });
});
