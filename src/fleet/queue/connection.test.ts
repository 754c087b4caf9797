import { describe, expect, it } from "vitest";
import { type ScriptedAnswer, startScriptedRedis } from "../../../tests/support/fleet/scripted-redis.ts";
import { messageOf } from "../../common/errors.ts";
import { connect } from "./connection.ts";

/** A Redis that is well, but for some commands. */
function answering(others: Readonly<Record<string, string | undefined>>): ScriptedAnswer {
  return (command) => (command in others ? others[command] : command === "ping" ? "+PONG\r\n" : ":0\r\n");
}

async function tryToConnect(others: Readonly<Record<string, string | undefined>>): Promise<unknown> {
  await using server = await startScriptedRedis(answering(others));
  const redis = await connect({ options: { path: server.path }, shown: "unix:r.sock" }).catch(
    (error: unknown) => error,
  );
  if (redis instanceof Error) return redis;
  (redis as Awaited<ReturnType<typeof connect>>).disconnect();
  return undefined;
}

describe("connect()", () => {
  it.each(["ping", "del"])("gives back no connection that ends before the answer to %s", async (command) => {
    const failure = await tryToConnect({ [command]: undefined });
    expect(failure).toMatchObject({ code: "E_FLEET", hint: expect.stringContaining("whether a Redis listens there") });
    expect(messageOf(failure)).toBe("Cannot reach the queue unix:r.sock: Connection is closed.");
  });

  it("says why a Redis answers nothing, whatever it answers else", async () => {
    const failure = await tryToConnect({ del: "-NOAUTH Authentication required.\r\n" });
    expect(failure).toMatchObject({ code: "E_FLEET", hint: expect.stringContaining("PASSWORD") });
    expect(messageOf(failure)).toContain("unix:r.sock: NOAUTH");
  });

  it.each([
    "READONLY You can't write against a read only replica.",
    "NOPERM this user has no permissions to run the 'del' command",
    "NOREPLICAS Not enough good replicas to write.",
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
    "BUSY Redis is busy running a script.",
  ])("connects to one from which somebody may read: %s", async (refusal) => {
    expect(await tryToConnect({ del: `-${refusal}\r\n` })).toBeUndefined();
  });
});
