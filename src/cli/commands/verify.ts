import { type ProvenanceCheck, verifyProvenance } from "../../bake/provenance/verify-provenance.ts";
import { ExitCode, UsageError } from "../../common/errors.ts";
import { withoutControls } from "../../common/without-controls.ts";
import { openDebugLog } from "../../terminal/debug-log.ts";
import type { Command } from "../command.ts";
import { type Flags, parseFlags } from "../flags.ts";
import { writeJson } from "../output/json-report.ts";
import { noticeTeller } from "../output/notice-teller.ts";

const flagSpecs = {
  key: { type: "strings", value: "FILE", about: "a public key in PEM that must have signed it; may be repeated" },
  unsigned: { type: "boolean", about: "accepts a statement without checking a signature" },
  omi: { type: "string", value: "ID", about: "the OMI that it must be about; it is looked up in the account" },
  profile: {
    type: "string",
    value: "NAME",
    about: "a profile with the credentials of the OMI's account, where the OMI is looked up",
  },
  local: { type: "boolean", about: "the OMI is looked up in the embedded local cloud" },
  "local-state": { type: "string", value: "FOLDER", needs: "local", about: "where that local cloud lies" },
  json: { type: "boolean", about: "prints the statement and what was checked as JSON" },
  log: { type: "string", value: "FILE", about: "writes API calls to this file" },
} as const satisfies Flags;

export const verify: Command = {
  usage: "verify [flags] FILE [TEMPLATE]",
  about:
    "Checks a file that build -provenance has written: who signed it, and that it says how an OMI was made. With a\n" +
    "template: that its files, and the others that went into the OMI, are what they were. With -omi, -profile or -local:\n" +
    "that the OMI is there, made of the named snapshots. Exits with 14 when something is not as the file says.",
  flags: flagSpecs,
  examples: [
    "outscale-chroot verify -key build.pub.pem web.intoto.json",
    "outscale-chroot verify -key build.pub.pem -omi ami-1a2b3c4d web.intoto.json web.pkr.hcl",
  ],
  async run({ argv, io }) {
    const { flags, positionals } = parseFlags(flagSpecs, argv);
    const [file, template, ...others] = positionals;
    if (file === undefined || others.length > 0) {
      const hint = "outscale-chroot verify -key PUBLIC.pem FILE [TEMPLATE]";
      throw new UsageError(`verify takes one file, and at most one template, not ${positionals.length}`, { hint });
    }
    using log = openDebugLog(flags.log, io);
    const { "local-state": stateFolder, omi: imageId } = flags;
    const verified = await verifyProvenance({
      file,
      keys: flags.key,
      unsigned: flags.unsigned,
      template,
      imageId,
      account: imageId !== undefined,
      profile: flags.profile,
      local: !flags.local ? undefined : stateFolder === undefined ? true : { stateFolder },
      log,
      onNotice: noticeTeller(io),
      env: io.env,
    });
    if (flags.json) writeJson(io, verified);
    else io.stdout.write(textOf(verified.checks, "ok") + textOf(verified.unchecked, "not checked"));
    return ExitCode.Success;
  },
};

/** What a file says is another's word, and may try to move the cursor. */
function textOf(checks: readonly ProvenanceCheck[], outcome: string): string {
  return checks.map(({ what, detail }) => `${outcome}: ${what}: ${withoutControls(detail)}\n`).join("");
}
