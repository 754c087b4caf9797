import { importOmi } from "../../../bake/omis/import-omi.ts";
import { type ManifestPlace, parseManifestPlace } from "../../../bake/omis/manifest-url.ts";
import { ExitCode, UsageError } from "../../../common/errors.ts";
import { openDebugLog } from "../../../terminal/debug-log.ts";
import type { Io } from "../../../terminal/io.ts";
import { watchStopSignals } from "../../../terminal/signals.ts";
import type { Command } from "../../command.ts";
import { type Flags, parseFlags } from "../../flags.ts";
import { writeJson } from "../../output/json-report.ts";
import { shownWord } from "../../output/shown-text.ts";
import { TransferReport } from "../../output/transfer-report.ts";
import { accountFlags, omisInput } from "./account-flags.ts";
import { onePositional } from "./one-positional.ts";
import { requireAccounts } from "./region-flags.ts";

const flagSpecs = {
  name: { type: "string", value: "NAME", about: "the OMI's name" },
  from: { type: "string", value: "REGION", about: "the region of the bucket, if it is another one" },
  "from-profile": { type: "string", value: "NAME", about: "a profile with the credentials of the bucket's account" },
  description: { type: "string", value: "TEXT", about: "the OMI's description" },
  "boot-mode": {
    type: "strings",
    value: "MODE",
    choices: ["legacy", "uefi"],
    about: "how it boots, which no manifest says; may be given twice, legacy by default",
  },
  tpm: { type: "boolean", about: "it needs a virtual TPM" },
  tag: { type: "strings", value: "KEY=VALUE", about: "a tag of the OMI; may be repeated" },
  share: { type: "strings", value: "ACCOUNT", about: "an account of the region that may launch it; may be repeated" },
  public: { type: "boolean", about: "everybody may launch it" },
  ...accountFlags,
} as const satisfies Flags;

export const importAction: Command = {
  usage: "omi import -name NAME [flags] MANIFEST",
  about:
    "Registers an OMI from the manifest of an export: BUCKET/KEY as omi export prints it, or a pre-signed URL. A single dash\n" +
    "reads it from standard input, as a URL that is signed is a secret. The OMI gets its name when it is complete.",
  flags: flagSpecs,
  examples: [
    "outscale-chroot omi import -name web images/outscale-chroot/0a1b2c3d4e5f/ami-1a2b3c4d/manifest.json",
    "outscale-chroot omi import -profile us-east-2 -from eu-west-2 -boot-mode uefi -name web images/web/manifest.json",
  ],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(flagSpecs, argv);
    const { name } = flags;
    if (name === undefined) throw new UsageError("The OMI has no name", { hint: "Give -name NAME" });
    const given = onePositional(positionals, { what: "manifest is imported", hint: "Give BUCKET/KEY or a URL" });
    const accountIds = requireAccounts(flags.share);
    const tags = flags.tag.map(tagOf);
    using wishes = watchStopSignals(io, (message) => io.stderr.write(`${message}\n`), "import");
    const text = given === "-" ? await readPlace(io, wishes.signal) : given;
    const from = placeOf(text, flags);
    using log = openDebugLog(flags.log, io);
    using report = new TransferReport(io, { isForProgram: flags.json ?? false });
    const imported = await importOmi({
      ...omisInput(flags, io, log),
      ...{ from, name, tags, description: flags.description, tpmMandatory: flags.tpm },
      bootModes: flags["boot-mode"].length > 0 ? flags["boot-mode"] : undefined,
      launch: { accountIds, isPublic: flags.public ?? false },
      ...{ ui: report.ui, onProgress: report.tell, signal: wishes.signal, hurry: wishes.hurry },
    });
    report[Symbol.dispose]();
    if (flags.json) writeJson(io, imported);
    else {
      for (const text of imported.differences) io.stdout.write(`${imported.imageId} has ${shownWord(text)}\n`);
      io.stdout.write(`${imported.imageId}\n`);
    }
    return ExitCode.Success;
  },
};

/** @throws {UsageError} when there is none */
async function readPlace(io: Io, signal: AbortSignal): Promise<string> {
  try {
    return await io.readLine(signal);
  } catch (error) {
    if (signal.aborted) throw error;
    throw new UsageError("Standard input has no manifest", { hint: "Pipe its URL, or BUCKET/KEY, into the command" });
  }
}

function placeOf(
  text: string,
  flags: { readonly from?: string | undefined; readonly "from-profile"?: string | undefined },
): ManifestPlace {
  const place = parseManifestPlace(text);
  const { from: region, "from-profile": profile } = flags;
  if (!("url" in place)) return { ...place, region, profile };
  if (region === undefined && profile === undefined) return place;
  throw new UsageError("-from and -from-profile are for an object in a bucket, not for a URL");
}

function tagOf(text: string) {
  const [, Key, Value = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (Key === undefined) throw new UsageError(`-tag must be KEY=VALUE, not "${text}"`);
  return { Key, Value };
}
