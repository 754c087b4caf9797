import { expect, it } from "vitest";
import { startScriptedRedis } from "../../../tests/support/fleet/scripted-redis.ts";
import { ANSWERED, QueueRedis } from "./queue-redis.ts";
import { RefusalError } from "./refusal-error.ts";

it("QueueRedis tells of each answer, also of a refusal, and not of the end of a connection", async () => {
  await using server = await startScriptedRedis((command) => {
    if (command === "get") return "$-1\r\n";
    return command === "set" ? "-OOM command not allowed\r\n" : undefined;
  });
  const redis = new QueueRedis({ path: server.path, lazyConnect: true, retryStrategy: () => null });
  redis.on("error", () => undefined);
  await redis.connect();
  const answered: string[] = [];
  let asked = "";
  redis.on(ANSWERED, () => answered.push(asked));
  asked = "get";
  expect(await redis.get("a")).toBeNull();
  asked = "set";
  await expect(redis.set("a", "b")).rejects.toBeInstanceOf(RefusalError);
  asked = "del";
  await expect(redis.del("a")).rejects.toThrow("Connection is closed");
  expect(answered).toEqual(["get", "set"]);
});
