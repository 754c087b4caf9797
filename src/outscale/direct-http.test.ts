import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { describe, expect, it } from "vitest";
import { ScriptedServer } from "../../tests/support/outscale/scripted-server.ts";
import { DirectHttp } from "./direct-http.ts";
import { failedWithoutAnswer } from "./failed-attempt.ts";

const signal = new AbortController().signal;
const patient = { connectTimeoutMs: 60_000, maxBytes: 1024 };

describe("DirectHttp", () => {
  it("sends one request after the other over one connection", async () => {
    let connections = 0;
    const server = createServer((_, response) => response.end("yes")).on("connection", () => connections++);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await using http = new DirectHttp(patient);
    for (const body of ["é", "{}"]) {
      expect(await http.request(url, { method: "POST", body, signal })).toMatchObject({ status: 200, text: "yes" });
    }
    expect(connections).toBe(1);
    server.close();
  });

  it("sends the whole body", async () => {
    await using server = await ScriptedServer.start([{}]);
    await using http = new DirectHttp(patient);
    const body = "é€";
    await http.request(new URL(`http://127.0.0.1:${server.port}/a?b=c`), { method: "POST", body, signal });
    expect(server.requests).toMatchObject([{ method: "POST", url: "/a?b=c", text: body }]);
  });

  it("gives up where somebody is there and shakes no hands, and knows that nothing was sent", async () => {
    const silent = createTcpServer((socket) => void socket.on("error", () => undefined));
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    await using http = new DirectHttp({ ...patient, connectTimeoutMs: 20 });
    const url = new URL(`https://127.0.0.1:${(silent.address() as AddressInfo).port}/`);
    const error = await http.request(url, { method: "POST", body: "{}", signal }).catch((error: unknown) => error);
    expect(error).toMatchObject({ message: "no connection within 0.02 s" });
    expect(failedWithoutAnswer("CreateVolume", "once", error)).toMatchObject({ failure: { ambiguous: false } });
    silent.close();
  });

  it("does not know what became of a request whose connection was lost", async () => {
    await using server = await ScriptedServer.start(["drop"]);
    await using http = new DirectHttp(patient);
    const sent = http.request(new URL(`http://127.0.0.1:${server.port}/`), { method: "POST", body: "{}", signal });
    const error = await sent.catch((error: unknown) => error);
    expect(failedWithoutAnswer("CreateVolume", "once", error)).toMatchObject({
      failure: { ambiguous: true },
      isTransient: true,
    });
  });

  it("fails before it has sent what no header can hold", async () => {
    await using server = await ScriptedServer.start([]);
    await using http = new DirectHttp(patient);
    const url = new URL(`http://127.0.0.1:${server.port}/`);
    const sent = http.request(url, { method: "POST", headers: { authorization: "a\nb" }, body: "", signal });
    const error = await sent.catch((error: unknown) => error);
    expect(failedWithoutAnswer("CreateVolume", "once", error)).toMatchObject({
      failure: { ambiguous: false },
      isTransient: false,
    });
    expect(server.requests).toEqual([]);
  });
});
