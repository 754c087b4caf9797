import { defineProvisioner } from "./define-provisioner.ts";
import { flag, text } from "./option-types.ts";

/** Waits until a person presses the return key. */
export const breakpoint = defineProvisioner({
  type: "breakpoint",
  options: { note: text().optional(), disable: flag().default(false) },
  check: () => [],
  notCounted: ["note", "disable"],
  async run({ note, disable }, { ui, signal }) {
    const which = note ? ` with note "${note}"` : "";
    if (disable) return ui.say(`Breakpoint provisioner${which} disabled; continuing...`);
    ui.say(`Pausing at breakpoint provisioner${which}.`);
    await ui.ask("Press enter to continue.", signal);
  },
});
