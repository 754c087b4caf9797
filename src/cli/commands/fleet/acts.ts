import { actOn } from "./act-on.ts";

export const cancel = actOn({
  name: "cancel",
  what: "BUILD",
  about: "Cancels a build: if it waits, it is taken back; if it runs, it stops at its next safe point and cleans up.",
  example: "b0a1c2d3e4f5a6b7",
  act: async (fleet, id) => {
    const isTakenBack = await fleet.cancel(id);
    const text = isTakenBack
      ? `Build ${id} is taken back`
      : `The worker of build ${id} was told to stop it and clean up`;
    return { text, json: { id, isTakenBack } };
  },
});

export const retry = actOn({
  name: "retry",
  what: "BUILD",
  about: "Submits a finished build once more, with the same files, variables and time, and prints its new id.",
  example: "b0a1c2d3e4f5a6b7",
  act: async (fleet, id) => {
    const again = await fleet.retry(id);
    return { text: again, json: { id: again, retried: id } };
  },
});

export const drain = actOn({
  name: "drain",
  what: "WORKER",
  about: "Tells a worker to take no more builds, and to end when its builds are done.",
  example: "w-0a1b2c3d4e5f",
  act: async (fleet, id) => {
    await fleet.drain(id);
    return { text: `The worker ${id} was told to drain`, json: { worker: id } };
  },
});
