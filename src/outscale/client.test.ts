import { describe, expect, it } from "vitest";
import { FakeClock } from "../../tests/support/outscale/fake-clock.ts";
import { errorReply, type Reply, ScriptedServer } from "../../tests/support/outscale/scripted-server.ts";
import { CancelledError } from "../common/errors.ts";
import type { LogEntry } from "../common/log.ts";
import { type ApiOptions, type ClockSkew, createApi, type Retry } from "./client.ts";
import { ApiAuthError, ApiError, apiFailureOf, isAuth, isNotFound, isThrottle } from "./errors.ts";
import { unlimited } from "./rate-limiter.ts";
import { signature } from "./signature.ts";

const keys = { accessKey: "AKEXAMPLE0123456789A", secretKey: "SKEXAMPLE0123456789ABCDEFGHIJKLMNOPQRSTU" };

/** A client of a server that gives these replies. */
async function connect(replies: readonly Reply[], options: Partial<ApiOptions> = {}) {
  const server = await ScriptedServer.start(replies);
  const clock = new FakeClock();
  const log: LogEntry[] = [];
  const api = createApi({
    access: { ...keys, endpoint: `http://127.0.0.1:${server.port}`, region: "eu-west-2", insecureSkipTlsVerify: false },
    clock,
    log: { write: (entry) => log.push(entry) },
    limiter: unlimited,
    env: {},
    ...options,
  });
  const close = async () => {
    await api[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  };
  return { server, clock, log, api, [Symbol.asyncDispose]: close };
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail("it should have failed"),
    (error: unknown) => error,
  );
}

const volume = {
  CreationDate: "2026-01-01T12:00:00.000Z",
  LinkedVolumes: [],
  Size: 10,
  State: "creating",
  SubregionName: "eu-west-2a",
  Tags: [],
  VolumeId: "vol-12345678",
  VolumeType: "gp2",
};
const volumeRequest = { SubregionName: "eu-west-2a", Size: 10 };
const imageRequest = { ImageName: "base" };
const throttled = errorReply(429, "24", "AccessDenied");

describe("createApi()", () => {
  it("posts signed JSON without absent fields", async () => {
    await using cloud = await connect([{ body: { Volume: volume } }]);
    await cloud.api.createVolume({ ...volumeRequest, Iops: undefined });
    const [sent] = cloud.server.requests;
    expect(sent).toMatchObject({ method: "POST", url: "/api/v1/CreateVolume" });
    expect(JSON.parse(sent?.text ?? "")).toEqual(volumeRequest);
    const date = "20260101T120000Z";
    const headers = { "content-type": "application/json", host: `127.0.0.1:${cloud.server.port}`, "x-amz-date": date };
    expect(sent?.headers).toMatchObject(headers);
    const signed = signature(keys.secretKey, {
      dialect: "AWS4",
      method: "POST",
      path: "/api/v1/CreateVolume",
      headers,
      body: sent?.text ?? "",
      date,
      region: "eu-west-2",
      service: "api",
    });
    expect(sent?.headers.authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=${keys.accessKey}/20260101/eu-west-2/api/aws4_request, ` +
        `SignedHeaders=content-type;host;x-amz-date, Signature=${signed}`,
    );
  });

  it("takes fields, states and nulls that no description lists", async () => {
    const answered = { ...volume, State: "reticulating", Color: "red", Iops: null, SnapshotId: 7 };
    await using cloud = await connect([{ body: { Volumes: [answered] } }]);
    const { Volumes } = await cloud.api.readVolumes({});
    expect(Volumes).toEqual([{ ...volume, State: "reticulating" }]);
    expect(cloud.log).toContainEqual({ kind: "note", message: "ReadVolumes: dropped unreadable Volumes.0.SnapshotId" });
  });

  it("refuses an answer without what every answer has, and says that the call may have acted", async () => {
    await using cloud = await connect([{ body: { Volume: { ...volume, VolumeId: undefined } } }]);
    const error = await failureOf(cloud.api.createVolume(volumeRequest));
    expect(error).toMatchObject({ ambiguous: true, message: expect.stringContaining("Volume.VolumeId") });
  });

  it("asks whether a call would be allowed", async () => {
    await using cloud = await connect([{ body: { ResponseContext: {} } }]);
    await cloud.api.dryRun("ReadVms", {});
    expect(cloud.server.requests.map(({ text }) => text)).toEqual(['{"DryRun":true}']);
  });

  it("tells what the API answered, and does not ask again", async () => {
    await using cloud = await connect([errorReply(400, "5064", "InvalidResource")]);
    const error = await failureOf(cloud.api.deleteVolume({ VolumeId: "vol-12345678" }));
    expect(error).toBeInstanceOf(ApiError);
    expect(isNotFound(error)).toBe(true);
    expect(error).toMatchObject({
      message: "DeleteVolume failed: [5064] InvalidResource (HTTP 400, request 0475ca1e-d0c5-441d-712a-da55a4175157)",
      ambiguous: false,
    });
    expect(cloud.server.requests).toHaveLength(1);
  });

  it.each([
    [400, "4120", /one region/],
    [401, "1", /secret key/],
    [401, "14", /x509_cert_path/],
  ])(
    "never repeats HTTP %i with code %s: a locked account is worse than a failed build",
    async (status, code, hint) => {
      await using cloud = await connect([errorReply(status, code, "AccessDenied")]);
      const error = await failureOf(cloud.api.readVms({}));
      expect(error).toBeInstanceOf(ApiAuthError);
      expect(isAuth(error)).toBe(true);
      expect(error).toMatchObject({ hint: expect.stringMatching(hint) });
      expect(cloud.server.requests).toHaveLength(1);
    },
  );

  describe("when the service has another time", () => {
    const later = { date: "Thu, 01 Jan 2026 13:17:00 GMT" };
    const refused = errorReply(401, "1", "AccessDenied", later);

    it("signs with the service's from then on, once it has refused ours, and says so once", async () => {
      const skews: ClockSkew[] = [];
      const reply = { body: { Vms: [] } };
      await using cloud = await connect([refused, reply, reply], { onClockSkew: (skew) => skews.push(skew) });
      await cloud.api.readVms({});
      await cloud.api.readVms({});
      const hours = cloud.server.requests.map(({ headers }) => String(headers["x-amz-date"]).slice(0, 13));
      expect(hours).toEqual(["20260101T1200", "20260101T1317", "20260101T1317"]);
      expect(skews).toEqual([{ aheadMs: 77 * 60_000, serviceTime: "2026-01-01T13:17:00.000Z" }]);
    });

    it("does so for calls that are under way together, whichever hears of it first", async () => {
      const reply = { body: { Vms: [] } };
      await using cloud = await connect([refused, refused, reply, reply]);
      await Promise.all([cloud.api.readVms({}), cloud.api.readVms({})]);
      expect(cloud.server.requests).toHaveLength(4);
    });

    it("sends nothing a third time", async () => {
      await using cloud = await connect([refused, errorReply(401, "1", "AccessDenied", later)]);
      const error = await failureOf(cloud.api.readVms({}));
      expect(error).toMatchObject({ hint: expect.stringContaining("secret key belongs") });
      expect(cloud.server.requests).toHaveLength(2);
    });

    it("blames the clock when it goes on changing", async () => {
      const date = "Thu, 01 Jan 2026 14:34:00 GMT";
      await using cloud = await connect([refused, errorReply(401, "1", "AccessDenied", { date })]);
      const error = await failureOf(cloud.api.readVms({}));
      expect(error).toMatchObject({ hint: "This machine's clock is 77 minutes behind the service's: set it" });
    });
  });

  it("signs every attempt afresh and waits as long as Retry-After asks", async () => {
    const busy = errorReply(503, "6", "AccessDenied", { "retry-after": "40" });
    await using cloud = await connect([throttled, busy, { body: { Volume: volume } }]);
    await cloud.clock.run(cloud.api.createVolume(volumeRequest));
    expect(cloud.clock.sleeps[0]).toBeLessThanOrEqual(500);
    expect(cloud.clock.sleeps[1]).toBe(40_000);
    const dates = cloud.server.requests.map(({ headers }) => headers["x-amz-date"]);
    expect(dates).toEqual(["20260101T120000Z", "20260101T120000Z", "20260101T120040Z"]);
  });

  it("keeps the last answer when it gives up", async () => {
    await using cloud = await connect([throttled, throttled, throttled], { retry: { attempts: 3 } });
    const error = await cloud.clock.run(failureOf(cloud.api.createImage(imageRequest)));
    expect(isThrottle(error)).toBe(true);
    expect(error).toMatchObject({ ambiguous: false, message: expect.stringContaining("after 3 attempts: [24]") });
    expect(cloud.server.requests).toHaveLength(3);
  });

  it("gives up at once when it is asked to wait longer than a call may take", async () => {
    await using cloud = await connect([errorReply(429, "24", "AccessDenied", { "retry-after": "3600" })]);
    expect(isThrottle(await failureOf(cloud.api.readVms({})))).toBe(true);
    expect(cloud.clock.sleeps).toEqual([]);
  });

  it("does not repeat what the service does not have (501)", async () => {
    await using cloud = await connect([{ status: 501, body: "no" }]);
    expect(await failureOf(cloud.api.readVms({}))).toMatchObject({ message: "ReadVms failed: no (HTTP 501)" });
    expect(cloud.server.requests).toHaveLength(1);
  });

  it.each<[string, Reply]>([
    ["a dropped connection", "drop"],
    ["HTTP 500", errorReply(500, "0", "DefaultError")],
    ["HTTP 502 of a proxy", { status: 502, body: "<html>Bad gateway</html>" }],
  ])("after %s it repeats a creation that carries a token, with the same token", async (_title, reply) => {
    await using cloud = await connect([reply, { body: { Volume: volume } }]);
    await cloud.clock.run(cloud.api.createVolume({ ...volumeRequest, ClientToken: "run-1-volume" }));
    const [first, second] = cloud.server.requests;
    expect(second?.text).toBe(first?.text);
    expect(first?.text).toContain('"ClientToken":"run-1-volume"');
  });

  it.each<[string, Reply]>([
    ["a dropped connection", "drop"],
    ["HTTP 503 that is no throttle", { status: 503, body: "" }],
    ["a success that is no JSON", { status: 200, body: "<html>Welcome to our Wi-Fi</html>" }],
  ])("after %s it does not repeat a creation without a token, and says that it is in doubt", async (_title, reply) => {
    await using cloud = await connect([reply]);
    const error = await failureOf(cloud.api.createImage(imageRequest));
    expect(error).toMatchObject({ ambiguous: true });
    expect(cloud.server.requests).toHaveLength(1);
  });

  it("keeps the doubt of an earlier attempt: a deleted volume is not found the second time", async () => {
    await using cloud = await connect(["drop", errorReply(400, "5064", "InvalidResource")]);
    const error = await cloud.clock.run(failureOf(cloud.api.deleteVolume({ VolumeId: "vol-12345678" })));
    expect(isNotFound(error)).toBe(true);
    expect(error).toMatchObject({ ambiguous: true });
  });

  it("is in no doubt when no connection was made", async () => {
    await using closed = await ScriptedServer.start([]);
    const { port } = closed;
    await closed[Symbol.asyncDispose]();
    const access = { ...keys, endpoint: `http://127.0.0.1:${port}`, region: "eu-west-2", insecureSkipTlsVerify: false };
    await using cloud = await connect([], { access, retry: { attempts: 2 } });
    const error = await cloud.clock.run(failureOf(cloud.api.createImage(imageRequest)));
    expect(error).toMatchObject({
      ambiguous: false,
      message: expect.stringMatching(/^CreateImage got no answer from .* after 2 attempts: connect ECONNREFUSED/),
      hint: expect.stringContaining("Nothing listens there"),
    });
  });

  it("tells of each attempt that will follow, and why", async () => {
    const retries: Retry[] = [];
    const onRetry = (retry: Retry) => retries.push(retry);
    const ended: string[] = [];
    await using cloud = await connect([errorReply(503, "6", "TooManyRequests"), "drop", { body: { Volumes: [] } }], {
      onRetry,
      onRetryEnd: (action) => ended.push(action),
      random: () => 1,
    });
    await cloud.clock.run(cloud.api.readVolumes({}));
    expect(ended).toEqual(["ReadVolumes"]);
    expect(retries).toEqual([
      { action: "ReadVolumes", attempt: 2, attempts: 8, reason: expect.stringContaining("HTTP 503"), delayMs: 500 },
      { action: "ReadVolumes", attempt: 3, attempts: 8, reason: expect.any(String), delayMs: 1_000 },
    ]);
  });

  it("gives up on a silent service at the deadline", async () => {
    await using cloud = await connect(["silence"], { requestTimeoutMs: 20, retry: { attempts: 1 } });
    const error = await failureOf(cloud.api.createImage(imageRequest));
    expect(error).toMatchObject({ ambiguous: true, message: expect.stringContaining("timed out after 20ms") });
  });

  it("stops a read at once when the signal fires", async () => {
    await using cloud = await connect(["silence"], { retry: { attempts: 1 } });
    const controller = new AbortController();
    const arrived = cloud.server.nextRequest();
    const read = failureOf(cloud.api.readVms({}, { signal: controller.signal }));
    await arrived;
    controller.abort();
    expect(await read).toBeInstanceOf(CancelledError);
  });

  it("runs a creation to its answer although the signal fires", async () => {
    await using cloud = await connect(["drop", { body: { Volume: volume } }]);
    const controller = new AbortController();
    const arrived = cloud.server.nextRequest();
    const request = { ...volumeRequest, ClientToken: "run-1-volume" };
    const created = cloud.api.createVolume(request, { signal: controller.signal });
    await arrived;
    controller.abort();
    expect((await cloud.clock.run(created)).Volume.VolumeId).toBe("vol-12345678");
  });

  it("does not begin a creation, nor repeat one that was not begun, after the signal has fired", async () => {
    await using cloud = await connect([throttled]);
    const controller = new AbortController();
    const arrived = cloud.server.nextRequest();
    const creation = failureOf(cloud.api.createVolume(volumeRequest, { signal: controller.signal }));
    await arrived;
    controller.abort();
    expect(await creation).toBeInstanceOf(CancelledError);
    expect(await failureOf(cloud.api.createVolume(volumeRequest, { signal: controller.signal }))).toBeInstanceOf(
      CancelledError,
    );
    expect(cloud.server.requests).toHaveLength(1);
  });

  it("takes every call through the limiter, attempt by attempt", async () => {
    let taken = 0;
    const limiter = { take: async () => void taken++ };
    await using cloud = await connect([throttled, { body: { Vms: [] } }], { limiter });
    await cloud.clock.run(cloud.api.readVms({}));
    expect(taken).toBe(2);
  });

  it("logs every attempt, with redacted bodies", async () => {
    const Accounts = [{ AccountId: "123456789012", Email: "person@example.com" }];
    await using cloud = await connect([throttled, { body: { Accounts, ResponseContext: { RequestId: "id" } } }]);
    await cloud.clock.run(cloud.api.readAccounts({}));
    expect(cloud.log).toMatchObject([
      { kind: "api", action: "ReadAccounts", attempt: 1, status: 429, code: "24" },
      {
        kind: "api",
        attempt: 2,
        status: 200,
        requestId: "id",
        response: { Accounts: [{ AccountId: "123456789012" }] },
      },
    ]);
    expect(JSON.stringify(cloud.log)).not.toContain("person");
  });

  it("has the failure's parts as data", async () => {
    await using cloud = await connect([errorReply(409, "6007", "InvalidVolumeState")]);
    const error = await failureOf(cloud.api.createSnapshot({ VolumeId: "vol-12345678" }));
    expect(apiFailureOf(error)).toEqual({
      action: "CreateSnapshot",
      httpStatus: 409,
      apiCode: "6007",
      apiType: "InvalidVolumeState",
      details: undefined,
      requestId: "0475ca1e-d0c5-441d-712a-da55a4175157",
      ambiguous: false,
    });
  });
});
