import { createHmac } from "node:crypto";
import type { ProvisionerDefinition } from "../definition/build-definition.ts";
import type { RawConfig, RawValue } from "../definition/raw-value.ts";
import { isRawList } from "../definition/raw-value.ts";
import { sameInEveryRun } from "../go-template/same-in-every-run.ts";
import { digestPath } from "../host/digest-path.ts";
import { isLate, lateContextOf, placeholderData } from "./late-values.ts";
import type { BuildIdentity, InputFile, ProvisionerInputs, ProvisionerType } from "./provisioner.ts";
import { findProvisionerType } from "./registry.ts";

/**
 * A digest over what a provisioner would do to an image: its type, its options, and the scripts and files of this machine
 * that it reads. Pauses, retries and places in the template do not count, nor do the values of a running build, and
 * `{{timestamp}}` and its like are always the same. HCL has evaluated its own `timestamp()` before: load the template with
 * a fixed `now` where that must not count.
 *
 * @param key Options may hold secrets that can be guessed: a digest that others can read needs a key that they do not know
 * @returns HMAC-SHA256, in hex
 * @throws {ConfigError} for options that would be refused
 * @throws {Error} of the system when a file cannot be read
 */
export async function digestProvisioner(
  definition: Pick<ProvisionerDefinition, "type" | "continueOnError" | "evaluate">,
  identity: BuildIdentity,
  key: string | Buffer,
): Promise<string> {
  const { type, continueOnError = false } = definition;
  const inputs = await digestOptions(findProvisionerType(type), definition.evaluate(placeholderData), identity);
  return createHmac("sha256", key)
    .update(canonicalJson({ type, continueOnError, ...inputs }))
    .digest("hex");
}

/** The options that count as they are, and digests of the files, for a digest over both. */
async function digestOptions(
  type: Pick<ProvisionerType, "prepare">,
  options: RawConfig,
  identity: BuildIdentity,
): Promise<RawConfig> {
  const context = { ...lateContextOf(identity, placeholderData), ...sameInEveryRun };
  const { inputs }: { readonly inputs: ProvisionerInputs } = type.prepare(options, context);
  const files: RawConfig[] = [];
  for (const file of inputs.files) files.push(await digestFile(file));
  return { options: inputs.options, files };
}

async function digestFile({ path, name, isCopied = false, keepsOwner = false }: InputFile): Promise<RawConfig> {
  const isRead = path !== undefined && !isLate(path);
  const contents = isRead ? await digestPath(path, { modes: isCopied, owners: keepsOwner }) : (path ?? null);
  return { name: name ?? null, contents };
}

/** JSON in which the order of an object's keys does not show. */
export function canonicalJson(value: RawValue): string {
  return JSON.stringify(value, (_, inner: RawValue) => {
    if (inner === null || typeof inner !== "object" || isRawList(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
