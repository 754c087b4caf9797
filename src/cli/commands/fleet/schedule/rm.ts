import { actOn } from "../act-on.ts";

export const rm = actOn({
  name: "schedule rm",
  what: "SCHEDULE",
  about: "Removes a schedule, and tells the workers to forget it. Builds that it has submitted go on.",
  example: "nightly",
  act: async (fleet, name) => {
    await fleet.unschedule(name);
    return { text: `The schedule ${name} is removed`, json: { name } };
  },
});
