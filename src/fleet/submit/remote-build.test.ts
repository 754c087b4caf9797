import { setMaxListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { plainJob } from "../../../tests/support/fleet/own-queue.ts";
import { silentQueue } from "../../../tests/support/fleet/silent-queue.ts";
import { RecordingUi } from "../../../tests/support/terminal/recording-ui.ts";
import { OutputNews } from "../queue/output-news.ts";
import { Reach } from "../queue/reach.ts";
import { RefusalError } from "../queue/refusal-error.ts";
import { RemoteBuild } from "./remote-build.ts";

function begin(answers: number) {
  const { queue, asked, isSilent, connection } = silentQueue(answers);
  const [stop, hurry, ui] = [new AbortController(), new AbortController(), new RecordingUi()];
  setMaxListeners(0, stop.signal, hurry.signal);
  const parts = { queue, news: new OutputNews(queue), reach: new Reach(connection as never), env: {} };
  const hook = { provision: () => Promise.resolve() };
  const build = new RemoteBuild(plainJob({ id: "aa01" }), parts);
  const running = build.run({ ui, hook, signal: stop.signal, hurry: hurry.signal });
  let isOver = false;
  running.then(
    () => undefined,
    () => {
      isOver = true;
    },
  );
  return { asked, isSilent, connection, ui, stop, hurry, running, isOver: () => isOver };
}

const left = {
  code: "E_FLEET",
  message: "The queue cannot be reached: build aa01 may go on, or begin",
  hint: expect.stringContaining("fleet cancel aa01"),
};

describe("RemoteBuild.run() with a queue that is lost", () => {
  it.each([
    [0, "submit"],
    [1, "workers"],
    [2, "subscribe"],
    [3, "xrange"],
    [4, "job"],
    [5, "state"],
    [6, "result"],
    [7, "standing"],
  ])(
    "ends at the second signal, and says that the build may go on (after %d answers: %s)",
    async (answers, waitsFor) => {
      const { asked, isSilent, connection, ui, stop, hurry, running, isOver } = begin(answers);
      const isAfterFirst = ["job", "state", "result", "standing"].includes(waitsFor);
      if (isAfterFirst) stop.abort();
      await isSilent;
      expect(asked.at(-1)).toBe(waitsFor);
      connection.emit("close");
      stop.abort();
      await new Promise(setImmediate);
      expect(isOver()).toBe(false);
      if (!isAfterFirst)
        expect(ui.of("warn")).toEqual([
          "The queue cannot be reached: the worker is told when it can. A second signal leaves the build to it",
        ]);
      hurry.abort();
      await expect(running).rejects.toMatchObject(left);
    },
  );

  it("goes on with what is submitted when the queue refuses to say whether workers are there", async () => {
    const { queue, isSilent, asked, connection } = silentQueue(1);
    queue.readWorkers = () => Promise.reject(new RefusalError("BUSY Redis is busy"));
    const hurry = new AbortController();
    const parts = { queue, news: new OutputNews(queue), reach: new Reach(connection as never), env: {} };
    const hook = { provision: () => Promise.resolve() };
    const running = new RemoteBuild(plainJob({ id: "aa01" }), parts).run({
      ...{ ui: new RecordingUi(), hook, hurry: hurry.signal },
    });
    running.catch(() => undefined);
    await isSilent;
    expect(asked).toEqual(["submit", "subscribe"]);
    connection.emit("close");
    hurry.abort();
    await expect(running).rejects.toMatchObject(left);
  });

  it("waits after the second signal as long as the queue is there, and ends when that is lost", async () => {
    const { isSilent, connection, stop, hurry, running, isOver } = begin(3);
    await isSilent;
    connection.emit("close");
    connection.emit("ready");
    stop.abort();
    hurry.abort();
    await new Promise(setImmediate);
    expect(isOver()).toBe(false);
    connection.emit("close");
    await expect(running).rejects.toMatchObject(left);
  });
});
