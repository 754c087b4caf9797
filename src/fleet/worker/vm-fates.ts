import type { Clock } from "../../common/clock.ts";
import type { Api } from "../../outscale/api.ts";
import { UNSEEN_MS } from "../../outscale/unseen.ts";

/** `there`: it runs, or will. `stopped`: nothing of it runs, but it may be started again. `unknown`: nobody can tell yet. */
export type VmFate = "there" | "stopped" | "gone" | "unknown";

/** So many answers without a VM, over the time that something may stay unseen, prove that it is gone. */
const LEAST_LOOKS = 5;

interface Absence {
  readonly since: number;
  readonly looks: number;
}

/**
 * What became of VMs, as the account tells it. One that is shown as terminated is gone. One that is not shown is gone when
 * answer after answer is without it, all of which show our own VM: an answer that does not even show that proves nothing.
 */
export class VmFates {
  readonly #api: Pick<Api, "readVms">;
  readonly #ownVmId: string | undefined;
  readonly #clock: Pick<Clock, "now">;
  readonly #absent = new Map<string, Absence>();

  constructor(api: Pick<Api, "readVms">, ownVmId: string | undefined, clock: Pick<Clock, "now">) {
    this.#api = api;
    this.#ownVmId = ownVmId;
    this.#clock = clock;
  }

  async of(vmId: string): Promise<VmFate> {
    const ids = this.#ownVmId === undefined ? [vmId] : [vmId, this.#ownVmId];
    const { Vms } = await this.#api.readVms({ Filters: { VmIds: ids } });
    const state = Vms.find((vm) => vm.VmId === vmId)?.State;
    if (state === undefined) {
      const isTrusted = this.#ownVmId !== undefined && Vms.some((vm) => vm.VmId === this.#ownVmId);
      return isTrusted ? this.#absence(vmId) : "unknown";
    }
    this.#absent.delete(vmId);
    if (state === "terminated") return "gone";
    return state === "stopped" ? "stopped" : "there";
  }

  #absence(vmId: string): VmFate {
    const { since, looks } = this.#absent.get(vmId) ?? { since: this.#clock.now(), looks: 0 };
    this.#absent.set(vmId, { since, looks: looks + 1 });
    return looks + 1 >= LEAST_LOOKS && this.#clock.now() - since >= UNSEEN_MS ? "gone" : "unknown";
  }
}
