import type { FleetWatch } from "../../../fleet/watch/fleet-watch.ts";
import { fleetAccess } from "../../fleet-flags.ts";

/** The fleet that the flags and the environment name. @throws {UsageError | FleetError} */
export async function openWatch(
  flags: { readonly queue: string | undefined; readonly key: string | undefined },
  env: NodeJS.ProcessEnv,
): Promise<FleetWatch> {
  const { FleetWatch } = await import("../../../fleet/watch/fleet-watch.ts");
  const { address, keys } = await fleetAccess(flags, env);
  return FleetWatch.open(address, keys);
}
