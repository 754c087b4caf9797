import { once } from "node:events";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it, vi } from "vitest";
import { captured, connectEnds } from "../../tests/support/packer-plugin/fake-core.ts";

describe("StreamBroker", () => {
  it("brings both sides together at a point, and what is written there at once is not lost", async () => {
    const { plugin, core } = connectEnds();
    const { point } = plugin.broker.serve((stream) => void stream.end("served"));
    expect(point).toBe(1);
    expect(await text(await core.broker.dial(point))).toBe("served");
  });

  it("numbers each side's points by themselves", () => {
    const { plugin, core } = connectEnds();
    const points = [plugin, plugin, core].map(({ broker }) => broker.serve(() => undefined).point);
    expect(points).toEqual([1, 2, 1]);
  });

  it("answers with the number as captured: four bytes, little endian", async () => {
    const { plugin, core } = connectEnds();
    plugin.broker.serve(() => undefined, 258);
    const stream = core.session.open();
    stream.write(captured("02010000"));
    const [answer] = await once(stream, "data");
    expect(answer).toEqual(captured("02010000"));
  });

  it.each([
    ["that nobody serves", 7],
    ["that was served once", 1],
  ])("refuses a point %s", async (_, point) => {
    const { plugin, core } = connectEnds();
    plugin.broker.serve(() => undefined);
    await core.broker.dial(1);
    await expect(core.broker.dial(point)).rejects.toThrow("ended at once");
  });

  it("refuses a point that is served no longer", async () => {
    const { plugin, core } = connectEnds();
    const served = plugin.broker.serve(() => undefined);
    served.stop();
    await expect(core.broker.dial(served.point)).rejects.toThrow("ended at once");
  });

  it("gives up when nobody answers in time", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { core, plugin } = connectEnds();
    const streams: Duplex[] = [];
    vi.spyOn(plugin.broker, "accept").mockImplementation(async (stream) => void streams.push(stream));
    const dialled = core.broker.dial(1);
    const failed = expect(dialled).rejects.toThrow("ended at once");
    await vi.advanceTimersByTimeAsync(5_000);
    await failed;
    vi.useRealTimers();
  });
});
