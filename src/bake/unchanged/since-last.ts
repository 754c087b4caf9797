import { basename, resolve } from "node:path";
import { changedInputs, concealed, ownInputs } from "../../builder/product-inputs.ts";
import { secrets } from "../../common/secrets.ts";
import { holdsUnknown } from "../../definition/raw-value.ts";
import { readRecords } from "../../history/history-folder.ts";
import { readInputsKey } from "../../history/inputs-key.ts";
import type { RunRecord } from "../../history/run-record.ts";
import type { AccountFacts } from "../account-facts.ts";
import type { PreparedBuild } from "../prepare-builds.ts";
import { digestsOf, inputsOf } from "./read-inputs.ts";

/** What has changed since this machine last made, or found, the OMI of a build. */
export interface SinceLast {
  readonly runId: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly imageId: string;
  /** The names of inputs that are not what they were: `provisioner 2 (shell)`. */
  readonly changed: readonly string[];
  /** The names of those that only the account can tell; none when it was asked. */
  readonly unknown: readonly string[];
}

interface SinceLastInput {
  /** A build of the same name may be in another template, too: that of another file name is not compared. */
  readonly template: string;
  readonly region: string;
  /** Undefined: the account is not asked. */
  readonly facts: Pick<AccountFacts, "accountId" | "source"> | undefined;
}

/**
 * Compares what a build would be made of with the record of its last run on this machine.
 * @param same The build as it is in every run
 * @returns undefined where there is no such record, or this user may not read it
 * @throws {ConfigError} when a file that counts cannot be read
 */
export async function sinceLast(same: PreparedBuild, input: SinceLastInput): Promise<SinceLast | undefined> {
  const { config } = same.prepared;
  const key = readInputsKey(config.stateFolder);
  const last = key && findLast(config.stateFolder, same.definition.name, input);
  if (!last) return undefined;
  const { facts } = input;
  const all = inputsOf(same);
  const unread = facts ? [] : all.filter(({ given }) => holdsUnknown(given));
  const read = await digestsOf(all.filter((each) => !unread.includes(each)));
  const now = concealed([...read, ...ownInputs({ config }, facts?.source?.image)], key);
  const ofSource = facts ? [] : last.inputs.list.filter(({ name }) => name.startsWith("source "));
  // As names are in a record: that of a file may have a secret in it.
  const unknown = [...ofSource, ...unread].map(({ name }) => secrets.mask(name));
  const named = now.map(({ name, digest }) => ({ name: secrets.mask(name), digest }));
  const changed = changedInputs(last.inputs.list, named).filter((name) => !unknown.includes(name));
  return { runId: last.runId, startedAt: last.startedAt, imageId: last.product.imageId, changed, unknown };
}

type ComparableRecord = RunRecord & { readonly [Field in "inputs" | "product"]: NonNullable<RunRecord[Field]> };

/** The newest run of a build that has an OMI, and says what of. */
function findLast(stateFolder: string, build: string, { template, region, facts }: SinceLastInput) {
  const fileName = (path: string) => basename(resolve(path));
  return readRecords(stateFolder).records.find(
    (record): record is ComparableRecord =>
      record.build === build &&
      record.inputs !== null &&
      record.product?.region === region &&
      (facts === undefined || record.account?.accountId === facts.accountId) &&
      fileName(record.template.path) === fileName(template),
  );
}
