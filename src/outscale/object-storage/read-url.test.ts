import { describe, expect, it } from "vitest";
import { type Reply, ScriptedServer } from "../../../tests/support/outscale/scripted-server.ts";
import { CancelledError } from "../../common/errors.ts";
import { readUrl } from "./read-url.ts";

const never = new AbortController().signal;

describe("readUrl()", () => {
  it.each<[string, Reply, string | undefined]>([
    ["reads what is there", { body: "a manifest" }, "a manifest"],
    ["reads nothing that is refused", { status: 403, body: "expired" }, undefined],
    ["reads nothing that is too long", { body: "a manifest that has no end" }, undefined],
    ["reads nothing where nobody answers", "drop", undefined],
  ])("%s", async (_what, reply, expected) => {
    await using server = await ScriptedServer.start([reply]);
    const url = `http://127.0.0.1:${server.port}/images/manifest.json?Signature=s`;
    const bytes = await readUrl(url, { env: {}, mostBytes: 16, signal: never });
    expect(bytes?.toString()).toBe(expected);
    expect(server.requests).toMatchObject([{ method: "GET", url: "/images/manifest.json?Signature=s" }]);
  });

  it("stops when it is cancelled", async () => {
    await using server = await ScriptedServer.start(["silence"]);
    const stop = new AbortController();
    const reading = readUrl(`http://127.0.0.1:${server.port}/`, { env: {}, mostBytes: 16, signal: stop.signal });
    const refused = expect(reading).rejects.toBeInstanceOf(CancelledError);
    await server.nextRequest();
    stop.abort();
    await refused;
  });
});
