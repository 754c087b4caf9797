import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { CancelledError } from "../../common/errors.ts";
import { Reach } from "../queue/reach.ts";
import { PackedFleetBake } from "./packed-fleet-bake.ts";

it("PackedFleetBake.run() ends at the first signal while the queue is lost, as nothing was submitted", async () => {
  const connection = new EventEmitter();
  const reach = new Reach(connection as never);
  let onAsked: () => void = () => undefined;
  const isAsked = new Promise<void>((resolve) => {
    onAsked = resolve;
  });
  const putContents = () => {
    onAsked();
    return new Promise<never>(() => undefined);
  };
  const bundle = { contents: new Map(), objects: new Map() };
  const parts = { queue: { putContents }, reach, bundle, builds: [], jobs: [] };
  const bake = new PackedFleetBake({ env: {} } as never, parts as never);
  const [stop, hurry] = [new AbortController(), new AbortController()];
  const running = bake.run({ report: {} as never, signal: stop.signal, hurry: hurry.signal });
  await isAsked;
  connection.emit("close");
  const reason = new CancelledError("The build was stopped by SIGINT");
  stop.abort(reason);
  await expect(running).rejects.toBe(reason);
});
