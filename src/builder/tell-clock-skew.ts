import type { ClockSkew } from "../outscale/client.ts";
import type { Ui } from "./ui.ts";

const MINUTE_MS = 60_000;

/** Says that this machine's clock is wrong, by the service's date, and what is done about it. */
export function tellClockSkew(ui: Pick<Ui, "warn">): (skew: ClockSkew) => void {
  return ({ aheadMs, serviceTime }) => {
    const minutes = Math.round(Math.abs(aheadMs) / MINUTE_MS);
    const where = aheadMs > 0 ? "behind" : "ahead of";
    ui.warn(
      `This machine's clock is ${minutes} minutes ${where} OUTSCALE's, which says ${serviceTime}: calls are signed with that time. Set the clock`,
    );
  };
}
