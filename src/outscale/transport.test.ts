import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ScriptedServer } from "../../tests/support/outscale/scripted-server.ts";
import { requireThat } from "../../tests/support/suite/requirements.ts";
import type { Access, ClientCertificate } from "./access.ts";
import { isProxyRefusal, isTlsFailure } from "./failed-attempt.ts";
import { createTransport } from "./transport.ts";

const folder = mkdtempSync(join(tmpdir(), "transport-"));
afterAll(() => rmSync(folder, { recursive: true }));

const access: Access = {
  endpoint: "",
  region: "eu-west-2",
  accessKey: "access",
  secretKey: "secret",
  insecureSkipTlsVerify: false,
};
const signal = new AbortController().signal;

async function post(access: Access, env: NodeJS.ProcessEnv = {}) {
  await using transport = createTransport(access, env);
  return await transport.post(`${transport.baseUrl}/ReadVms`, { headers: {}, body: "{}", signal });
}

/** A proxy that leads every connection to one port of this machine, or refuses it. */
async function startProxy(port: number | undefined) {
  const asked: string[] = [];
  const proxy = createServer().on("connect", (request, client) => {
    asked.push(request.url ?? "");
    if (port === undefined) return client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const upstream = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on("error", () => client.destroy());
    client.on("error", () => upstream.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const close = async () => {
    proxy.closeAllConnections();
    proxy.close();
  };
  return { asked, env: { HTTP_PROXY: url, HTTPS_PROXY: url }, [Symbol.asyncDispose]: close };
}

/** A proxy of SOCKS5 that leads every connection to one port of this machine, and is asked for names alone. */
async function startSocksProxy(port: number) {
  const asked: string[] = [];
  const [noPassword, connected] = [Buffer.from([5, 0]), Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])];
  const proxy = createTcpServer((client) => {
    client.on("error", () => client.destroy());
    client.once("data", () => {
      client.write(noPassword);
      client.once("data", (request) => {
        asked.push(request.subarray(5, 5 + (request[4] ?? 0)).toString());
        const upstream = connect(port, "127.0.0.1", () => {
          client.write(connected);
          upstream.pipe(client).pipe(upstream);
        });
        upstream.on("error", () => client.destroy());
      });
    });
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return { asked, port: (proxy.address() as AddressInfo).port, [Symbol.asyncDispose]: async () => void proxy.close() };
}

/** A server whose answers do not end. */
async function startEndlessServer() {
  const server = createServer((_request, response) => {
    const chunk = Buffer.alloc(1024 * 1024, " ");
    const more = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on("drain", more);
    more();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async () => {
    server.closeAllConnections();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close };
}

describe("createTransport()", () => {
  it("lets go of an answer without end, also behind a proxy", async () => {
    await using server = await startEndlessServer();
    await using proxy = await startProxy(server.port);
    const endless = { ...access, endpoint: `http://127.0.0.1:${server.port}/api/v1` };
    await expect(post(endless)).rejects.toMatchObject({ code: "ERR_ANSWER_TOO_LONG" });
    const proxied = { ...access, endpoint: "http://api.invalid/api/v1" };
    await expect(post(proxied, proxy.env)).rejects.toMatchObject({ code: "UND_ERR_RES_EXCEEDED_MAX_SIZE" });
  });

  it("reaches a Unix socket", async () => {
    const socketPath = join(folder, "cloud.sock");
    await using server = await ScriptedServer.start([{ body: "hello" }], { socketPath });
    expect(await post({ ...access, endpoint: `unix:${socketPath}` })).toMatchObject({ status: 200, text: "hello" });
    expect(server.requests).toMatchObject([{ url: "/api/v1/ReadVms", headers: { host: "localhost" } }]);
  });

  it("goes through the proxy of the environment", async () => {
    await using api = await ScriptedServer.start([{ body: "through" }]);
    await using proxy = await startProxy(api.port);
    expect(await post({ ...access, endpoint: "http://api.example:80" }, proxy.env)).toMatchObject({ text: "through" });
    expect(proxy.asked).toEqual(["api.example:80"]);
    expect(api.requests).toMatchObject([{ url: "/api/v1/ReadVms", headers: { host: "api.example" } }]);
  });

  it.each(["socks5", "socks5h"])("leaves the look for a name to a proxy of %s", async (scheme) => {
    await using api = await ScriptedServer.start([{ body: "through" }]);
    await using proxy = await startSocksProxy(api.port);
    const env = { HTTP_PROXY: `${scheme}://127.0.0.1:${proxy.port}` };
    expect(await post({ ...access, endpoint: "http://api.example" }, env)).toMatchObject({ text: "through" });
    expect(proxy.asked).toEqual(["api.example"]);
  });

  it("fails plainly when the proxy refuses", async () => {
    await using proxy = await startProxy(undefined);
    const refused = post({ ...access, endpoint: "http://api.example" }, proxy.env);
    expect(isProxyRefusal(await refused.catch((error: unknown) => error))).toBe(true);
  });
});

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

requireThat(hasOpenssl, "openssl")("createTransport() with TLS", () => {
  /** A certificate that signs itself, good for 127.0.0.1 and for clients. */
  function createCertificate(name: string): ClientCertificate {
    const [cert, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
    const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
    const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    execFileSync("openssl", [...args, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
    return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  }
  let own: ClientCertificate;
  let certificate: ClientCertificate;
  beforeAll(() => {
    own = createCertificate("server");
    certificate = createCertificate("client");
  });

  it("refuses an unknown authority, unless it is told not to care", async () => {
    await using server = await ScriptedServer.start([{ body: "hello" }], { tls: own });
    const endpoint = `https://127.0.0.1:${server.port}`;
    const error = await post({ ...access, endpoint }).catch((error: unknown) => error);
    expect(isTlsFailure(error)).toBe(true);
    expect(server.requests).toEqual([]);
    expect(await post({ ...access, endpoint, insecureSkipTlsVerify: true })).toMatchObject({ text: "hello" });
  });

  it("shows the client certificate", async () => {
    const tls = { ...own, requestCert: true, ca: certificate.cert };
    await using server = await ScriptedServer.start([{ body: "hello" }], { tls });
    const open = { ...access, endpoint: `https://127.0.0.1:${server.port}`, insecureSkipTlsVerify: true };
    await expect(post(open)).rejects.toThrow();
    expect(server.requests).toEqual([]);
    expect(await post({ ...open, certificate })).toMatchObject({ text: "hello" });
  });

  it("shows it through a proxy too", async () => {
    const tls = { ...own, requestCert: true, ca: certificate.cert };
    await using server = await ScriptedServer.start([{ body: "hello" }], { tls });
    await using proxy = await startProxy(server.port);
    const behind = { ...access, endpoint: "https://api.example", insecureSkipTlsVerify: true, certificate };
    expect(await post(behind, proxy.env)).toMatchObject({ text: "hello" });
    expect(proxy.asked).toEqual(["api.example:443"]);
  });
});
