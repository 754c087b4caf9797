import { UsageError } from "../../common/errors.ts";
import { type DebugLog, noLog } from "../../common/log.ts";
import { readPublicKey } from "../../evidence/provenance/key-file.ts";
import { omiOf } from "../../evidence/provenance/omi-reference.ts";
import { ProvenanceError } from "../../evidence/provenance/provenance-error.ts";
import type { ProvenanceStatement } from "../../evidence/provenance/statement.ts";
import type { OnNotice } from "../../outscale/tell-notices.ts";
import { defaultCloudFolder, openLocalSession } from "../local-session.ts";
import { openAccount } from "../open-account.ts";
import { checkFiles } from "./check-files.ts";
import { checkOmi } from "./check-omi.ts";
import { readStatement } from "./read-statement.ts";

export interface VerifyProvenanceInput {
  /** What `build -provenance` has written. */
  readonly file: string;
  /** Files of public keys in PEM. Every one of them must have signed. */
  readonly keys?: readonly string[] | undefined;
  /** Takes a statement that nobody has signed, or whose signatures cannot be checked; false by default. */
  readonly unsigned?: boolean | undefined;
  /** Its files, and what else it names, must be those of the statement. */
  readonly template?: string | undefined;
  /** The id that the OMI must have. */
  readonly imageId?: string | undefined;
  /** Whether the account is asked for the OMI and its snapshots; false by default. */
  readonly account?: boolean | undefined;
  /** A profile with the credentials of that account. */
  readonly profile?: string | undefined;
  /** The account is that of the embedded local cloud, at its usual place or in another folder. */
  readonly local?: true | { readonly stateFolder: string } | undefined;
  readonly log?: DebugLog | undefined;
  /** Told what the user should know of how credentials were found: deprecated variables, settings without effect. */
  readonly onNotice?: OnNotice | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** Something of a statement that was looked at and is as it says. */
export interface ProvenanceCheck {
  readonly what: "signature" | "statement" | "files" | "omi";
  /** For people. */
  readonly detail: string;
}

export interface VerifiedProvenance {
  readonly statement: ProvenanceStatement;
  readonly checks: readonly ProvenanceCheck[];
  /** What was not looked at, and why. */
  readonly unchecked: readonly ProvenanceCheck[];
}

/**
 * Checks a statement of how an OMI came to be: who has signed it, that it is one, that the template is still what it was built
 * from, and that the OMI is there with the snapshots it names.
 * @throws {ProvenanceError} with everything of one kind that is not as it says
 * @throws {UsageError} when the input says too little, or a file cannot be read
 */
export async function verifyProvenance(input: VerifyProvenanceInput): Promise<VerifiedProvenance> {
  const { file, keys = [], unsigned = false, template, imageId } = input;
  if (keys.length === 0 && !unsigned) {
    const hint = "Give the public key, or -unsigned to check no signature";
    throw new UsageError("Without a key, nothing proves who wrote a statement", { hint });
  }
  if (keys.length > 0 && unsigned) throw new UsageError("A key and -unsigned exclude each other");
  const { statement, signedBy } = readStatement(file, keys.map(readPublicKey));
  const checks: ProvenanceCheck[] = [];
  const unchecked: ProvenanceCheck[] = [];
  if (unsigned) unchecked.push({ what: "signature", detail: "no key was given" });
  for (const id of signedBy) checks.push({ what: "signature", detail: `of the key ${id}` });
  const omi = subjectOf(statement);
  const { runDetails } = statement.predicate;
  const run = runDetails.metadata?.invocationId ?? "without an id";
  checks.push({ what: "statement", detail: `${omi.region}:${omi.imageId} by ${runDetails.builder.id}, run ${run}` });
  if (imageId !== undefined && imageId !== omi.imageId) {
    throw new ProvenanceError(`The statement is about ${omi.imageId}, not about ${imageId}`);
  }
  if (template === undefined) unchecked.push({ what: "files", detail: "no template was given" });
  else {
    const { checked, withoutDigest } = await checkFiles(statement, template);
    checks.push({ what: "files", detail: `${checked.length} as they were: ${checked.join(", ")}` });
    if (withoutDigest.length > 0)
      unchecked.push({ what: "files", detail: `without a digest: ${withoutDigest.join(", ")}` });
  }
  if (input.account || input.local !== undefined || input.profile !== undefined) {
    checks.push({ what: "omi", detail: await inAccount(input, omi) });
  } else unchecked.push({ what: "omi", detail: "no account was asked" });
  return { statement, checks, unchecked };
}

function subjectOf({ subject }: ProvenanceStatement) {
  const [first, ...others] = subject;
  const omi = first && omiOf(first);
  if (omi === undefined || others.length > 0) {
    throw new ProvenanceError(
      "The statement is not about one OMI whose digest is that of its id, account and snapshots",
    );
  }
  return omi;
}

async function inAccount(
  { local, profile, env = process.env, log = noLog, onNotice }: VerifyProvenanceInput,
  omi: NonNullable<ReturnType<typeof omiOf>>,
): Promise<string> {
  const stateFolder = local === true ? defaultCloudFolder(env) : local?.stateFolder;
  await using cloud = stateFolder === undefined ? undefined : await openLocalSession(env, stateFolder, log);
  const options = { env: cloud?.env ?? env, log, onNotice };
  await using account = await openAccount(profile === undefined ? {} : { profile }, options);
  return await checkOmi(account, omi);
}
