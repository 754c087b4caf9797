import { ExitCode } from "../../../common/errors.ts";
import { localCloudImages, localCloudSnapshots, localCloudVolumes } from "../../../local-cloud/administer-cloud.ts";
import type { Command } from "../../command.ts";
import { parseFlagsAlone } from "../../flags.ts";
import { writeJson } from "../../output/json-report.ts";
import { tableText } from "../../output/table.ts";
import { jsonFlag, stateFlag, stateFolderOf } from "./state-flag.ts";

const flagSpecs = { ...stateFlag, ...jsonFlag };

interface List<Item> {
  readonly what: string;
  readonly read: (stateFolder: string) => Promise<readonly Item[]>;
  readonly header: readonly string[];
  readonly row: (item: Item) => readonly (string | number)[];
}

function listCommand<Item>({ what, read, header, row }: List<Item>): Command {
  return {
    usage: `local-cloud ${what} [flags]`,
    about: `Lists the ${what} of every account, whether the cloud runs or not.`,
    flags: flagSpecs,
    examples: [`outscale-chroot local-cloud ${what}`, `outscale-chroot local-cloud ${what} -json`],
    async run({ argv, io }) {
      const flags = parseFlagsAlone(flagSpecs, argv);
      const items = await read(await stateFolderOf(flags, io.env));
      if (flags.json) writeJson(io, items);
      else io.stdout.write(tableText(header, items.map(row)));
      return ExitCode.Success;
    },
  };
}

export const images = listCommand({
  what: "images",
  read: localCloudImages,
  header: ["IMAGE", "ACCOUNT", "STATE", "CREATED", "NAME"],
  row: ({ ImageId, AccountId, AccountAlias, State, CreationDate, ImageName }) => [
    ImageId,
    AccountAlias ?? AccountId,
    State,
    CreationDate ?? "",
    ImageName ?? "",
  ],
});

export const volumes = listCommand({
  what: "volumes",
  read: localCloudVolumes,
  header: ["VOLUME", "ACCOUNT", "STATE", "GIB", "TYPE", "LINKED AS"],
  row: ({ VolumeId, AccountId, State, Size, VolumeType, LinkedVolumes }) => [
    VolumeId,
    AccountId,
    State,
    Size,
    VolumeType,
    LinkedVolumes?.[0]?.DeviceName ?? "",
  ],
});

export const snapshots = listCommand({
  what: "snapshots",
  read: localCloudSnapshots,
  header: ["SNAPSHOT", "ACCOUNT", "STATE", "GIB", "DESCRIPTION"],
  row: ({ SnapshotId, AccountId, State, Progress, VolumeSize, Description }) => [
    SnapshotId,
    AccountId,
    State === "completed" || Progress === undefined ? State : `${State} ${Progress} %`,
    VolumeSize,
    Description ?? "",
  ],
});
