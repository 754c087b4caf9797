import { ExitCode } from "../../../common/errors.ts";
import { localCloudStatus } from "../../../local-cloud/administer-cloud.ts";
import type { Command } from "../../command.ts";
import { parseFlagsAlone } from "../../flags.ts";
import { writeJson } from "../../output/json-report.ts";
import { tableText } from "../../output/table.ts";
import { jsonFlag, stateFlag, stateFolderOf } from "./state-flag.ts";

const flagSpecs = { ...stateFlag, ...jsonFlag };

export const status: Command = {
  usage: "local-cloud status [flags]",
  about:
    "Shows what the cloud holds, its devices on this host, and what builds did wrong, such as unlinking a mounted volume.",
  flags: flagSpecs,
  examples: ["outscale-chroot local-cloud status", "outscale-chroot local-cloud status -json"],
  async run({ argv, io }) {
    const flags = parseFlagsAlone(flagSpecs, argv);
    const { environment, ...state } = await localCloudStatus(await stateFolderOf(flags, io.env));
    const endpoint = environment?.OSC_ENDPOINT_API;
    if (flags.json) writeJson(io, { ...state, endpoint });
    else io.stdout.write(statusText(state, endpoint));
    return ExitCode.Success;
  },
};

type State = Omit<Awaited<ReturnType<typeof localCloudStatus>>, "environment">;

function statusText(state: State, endpoint: string | undefined): string {
  const facts = {
    state: state.stateFolder,
    server: endpoint ?? "not running",
    region: state.region,
    ...(state.regions.length > 1 && { "other regions": state.regions.slice(1).join(", ") }),
    disks: state.disks === "memory" ? "in memory: nothing can be built" : "loop devices",
    "builder's VM": state.vmId,
    ...(state.vms.length > 1 && { "other VMs": state.vms.slice(1).join(", ") }),
    images: String(state.images),
    snapshots: String(state.snapshots),
    volumes: String(state.volumes),
    buckets: `${state.buckets}, with ${state.objects} objects`,
  };
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  const lines = Object.entries(facts).map(([name, value]) => `${name.padEnd(width)}  ${value}\n`);
  const violations = state.violations.map(({ at, action, volumeId, details }) => [at, action, volumeId, details]);
  return [
    ...lines,
    ...state.problems.map((problem) => `problem: ${problem}\n`),
    violations.length > 0
      ? `\n${tableText(["VIOLATION AT", "ACTION", "VOLUME", "DETAILS"], violations)}`
      : "violations: none\n",
  ].join("");
}
