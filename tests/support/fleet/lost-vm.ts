import { readFileSync } from "node:fs";
import type { Bakery } from "../bake/bake.ts";
import type { Running } from "../program/running.ts";
import type { Fleet } from "./fleet.ts";

/** A worker on one of several VMs of a local cloud, which are one machine: each has its own state and devices. */
export interface VmWorker extends Running {
  readonly vmId: string;
  /** The power goes: every process of it ends at once, and cleans up nothing. */
  cutPower(): Promise<void>;
  /** Nothing of it runs until it goes on: a VM that is paused, or a machine that has no time for it. */
  hold(): void;
  goOn(): void;
}

const GO_ON_MS = 200;

interface VmWorkerInput {
  readonly bakery: Bakery;
  readonly fleet: Fleet;
  /** The way to the queue, in place of the fleet's. */
  readonly url?: string;
}

/**
 * @param number Which VM of the cloud it is on, from 0
 * @param env More of its environment
 */
export async function startVmWorker(
  { bakery, fleet, url = fleet.url }: VmWorkerInput,
  number: number,
  argv: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<VmWorker> {
  const vm = bakery.cloud.vms[number];
  if (vm === undefined) throw new Error(`The cloud has no VM ${number}`);
  const worker = fleet.run(["worker", "-queue", url, ...argv], {
    env: {
      ...bakery.cloud.environment,
      OUTSCALE_CHROOT_METADATA_ENDPOINT: vm.metadataEndpoint,
      OUTSCALE_CHROOT_DEVICE_FOLDER: vm.deviceFolder,
      OUTSCALE_CHROOT_STATE: `${bakery.folder}/vm-${number}`,
      ...env,
    },
  });
  await worker.says("bakes for");
  const pid = worker.child.pid ?? 0;
  let held: readonly number[] = [];
  return {
    ...worker,
    vmId: vm.vmId,
    cutPower: async () => {
      // The number of one that has ended may be another's.
      if ((worker.child.exitCode ?? worker.child.signalCode) !== null) return;
      // Without a moment in which one of them sees the end of another.
      for (const each of stopTree(pid)) tryToKill(each, "SIGKILL");
      await worker.ended();
    },
    hold: () => {
      held = stopTree(pid);
    },
    goOn: () => {
      // nsenter(1) stops itself when it hears that its child has stopped, which may be after this.
      const timer = setInterval(() => {
        for (const each of held.toReversed()) tryToKill(each, "SIGCONT");
      }, GO_ON_MS);
      void worker.ended().finally(() => clearInterval(timer));
    },
  };
}

/** Stops a process and everything that it has started. */
function stopTree(pid: number): readonly number[] {
  if (!tryToKill(pid, "SIGSTOP")) return [];
  return [pid, ...childrenOf(pid).flatMap(stopTree)];
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function tryToKill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
