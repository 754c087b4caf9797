import { UsageError } from "../common/errors.ts";
import type { Flags, FlagValues } from "./flags.ts";
import { submitFlags } from "./fleet-flags.ts";
import { templateFlags } from "./template-flags.ts";

function withQueue<Specs extends Flags>(specs: Specs): Specs {
  const told = Object.entries(specs).map(([name, flag]) => [name, { ...flag, about: `with -queue: ${flag.about}` }]);
  return Object.fromEntries(told);
}

/** The flags of `build`: Packer's, and ours with what Packer has no word for. */
export const buildFlags = {
  ...templateFlags,
  "on-error": {
    type: "string",
    choices: ["cleanup", "abort", "ask", "run-cleanup-provisioner"],
    about: "what a failed build does; cleanup is the default",
  },
  debug: { type: "boolean", about: "stops after each step and before each provisioner; one build at a time" },
  force: { type: "boolean", about: "replaces OMIs that have the same name" },
  "parallel-builds": { type: "string", value: "N", about: "how many builds run at a time; 0, the default, is all" },
  local: { type: "boolean", about: "builds on the embedded local cloud: no account, no network" },
  "local-state": { type: "string", value: "FOLDER", needs: "local", about: "the folder of that local cloud" },
  "boot-test": { type: "boolean", about: "boots the finished volume under QEMU before it is published" },
  "skip-unchanged": {
    type: "boolean",
    about:
      "builds nothing if the account has an OMI made from the same inputs; -no-skip-unchanged overrides the template",
  },
  "max-age": {
    type: "string",
    value: "AGE",
    about: "with -skip-unchanged: builds again if the OMI is older, such as 30d",
  },
  color: { type: "boolean", about: "colours; by default on a terminal" },
  "timestamp-ui": { type: "boolean", about: "puts the time before every line" },
  "machine-readable": { type: "boolean", about: "prints Packer's machine-readable lines" },
  json: { type: "boolean", about: "prints one JSON object per event" },
  progress: {
    type: "boolean",
    about: "shows progress: live on a terminal, else a line after 30 s of silence; -no-progress turns it off",
  },
  log: { type: "string", value: "FILE", about: "writes API calls, commands and journal entries to this file" },
  report: { type: "string", value: "FILE", about: "writes an HTML report of each run to this file" },
  sbom: {
    type: "string",
    value: "FILE",
    about: "writes the software in each image to this file: CycloneDX 1.6, or SPDX 2.3 if the name ends in .spdx.json",
  },
  diff: {
    type: "string",
    value: "FILE",
    about: "writes what each build changed in its image to this file; as JSON if the name ends in .json",
  },
  provenance: {
    type: "string",
    value: "FILE",
    about: "writes how each OMI was made to this file: an in-toto statement with SLSA provenance",
  },
  "provenance-key": {
    type: "string",
    value: "FILE",
    about: "signs it with this private key in PEM: ECDSA or Ed25519",
  },
  timing: { type: "boolean", about: "shows at the end where the time of each build went: its critical path" },
  history: {
    type: "boolean",
    about: "keeps a record of each run for the runs command; true by default, -no-history keeps none",
  },
  queue: {
    type: "string",
    value: "URL",
    about: "sends the builds to workers: redis://HOST:PORT, rediss:// for TLS, unix:/PATH; needs no root and no keys",
  },
  ...withQueue(submitFlags),
  detach: { type: "boolean", about: "with -queue: prints the ids of the builds and does not wait for them" },
  result: { type: "string", value: "FILE", about: "writes what was built to this file, as JSON" },
} as const satisfies Flags;

/** Reads `-parallel-builds`; a debugged run has one build at a time. */
export function parallelBuilds(flags: FlagValues<typeof buildFlags>): number {
  if (flags.debug) return 1;
  const text = flags["parallel-builds"] ?? "0";
  if (!/^\d+$/.test(text)) throw new UsageError(`-parallel-builds must be a whole number, not "${text}"`);
  return Number(text);
}
