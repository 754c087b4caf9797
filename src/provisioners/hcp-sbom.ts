import { ChrootError, type ConfigProblem, messageOf } from "../common/errors.ts";
import { defineProvisioner } from "./define-provisioner.ts";
import { download } from "./file/download.ts";
import { isLate } from "./late-values.ts";
import { nameFiles } from "./name-files.ts";
import { flag, text, texts } from "./option-types.ts";
import type { ProvisionerInput } from "./provisioner.ts";
import type { OptionsOf } from "./read-options.ts";

/** @see https://developer.hashicorp.com/packer/docs/provisioners/hcp-sbom */
export const hcpSbomShape = {
  source: text().optional(),
  destination: text().optional(),
  sbom_name: text().optional(),
  auto_generate: flag().default(false),
  scanner_args: texts().optional(),
  scanner_url: text().optional(),
  scanner_checksum: text().optional(),
  scan_path: text().optional(),
  execute_command: text().optional(),
  elevated_user: text().optional(),
  elevated_password: text().optional(),
};
type HcpSbomOptions = OptionsOf<typeof hcpSbomShape>;

/** Copies an SBOM out of the image. There is no HCP Packer to hand it to, and no scanner of HCP's to make one. */
export const hcpSbom = defineProvisioner({
  type: "hcp-sbom",
  warning:
    "nothing is reported to HCP Packer: source is copied to destination, and that is all; build -sbom FILE writes an SBOM of the image",
  options: hcpSbomShape,
  rendersItself: ["execute_command"],
  check: checkOptions,
  localFiles: ({ source, destination }) => (source ? nameFiles("destination", destination, { use: "write" }) : []),
  run: copySbom,
});

function checkOptions({ source, autoGenerate, sbomName, scannerChecksum, scannerUrl, ...rest }: HcpSbomOptions) {
  const problems: ConfigProblem[] = [];
  if (source && autoGenerate) {
    problems.push({ option: "auto_generate", message: "cannot be given together with source" });
  }
  if (!source && !autoGenerate) problems.push({ option: "source", message: "is required without auto_generate" });
  if (autoGenerate && scannerChecksum && !scannerUrl) {
    problems.push({ option: "scanner_checksum", message: "needs scanner_url" });
  }
  if (autoGenerate && rest.elevatedPassword && !rest.elevatedUser) {
    problems.push({ option: "elevated_password", message: "needs elevated_user" });
  }
  if (sbomName && !isLate(sbomName) && !/^[0-9A-Za-z-]{3,36}$/.test(sbomName)) {
    problems.push({ option: "sbom_name", message: "must have 3 to 36 letters, digits and hyphens" });
  }
  return problems;
}

/** An SBOM that is not there does not fail the build, as in Packer. */
async function copySbom({ source, destination }: HcpSbomOptions, input: ProvisionerInput): Promise<void> {
  if (!source || !destination) return input.ui.say("No SBOM is copied: that takes source and destination");
  try {
    await download({ source, sources: undefined, destination, ...DOWNLOAD }, input);
  } catch (error) {
    if (!(error instanceof ChrootError) || input.signal.aborted) throw error;
    input.ui.warn(`The SBOM "${source}" was not copied: ${messageOf(error)}; the build goes on without it`);
  }
}

const DOWNLOAD = { content: undefined, direction: "download", generated: false, keepOwner: false } as const;
