import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import type { ProductInput } from "../../builder/product-inputs.ts";
import { ConfigError, messageOf } from "../../common/errors.ts";
import type { BuildDefinition } from "../../definition/build-definition.ts";
import type { RawValue } from "../../definition/raw-value.ts";
import { digestPath } from "../../host/digest-path.ts";
import { canonicalJson, digestProvisioner } from "../../provisioners/digest-provisioner.ts";
import { placeholderData } from "../../provisioners/late-values.ts";
import type { PreparedBuild } from "../prepare-builds.ts";

/** The digests are of this process alone, which conceals them before it tells or keeps them. */
const KEY = "";
/** It says where names are resolved on this machine's network; the image gets it for a while, and gives it back. */
const OF_THIS_NETWORK = "/etc/resolv.conf";

/** One thing that decides what a build makes, not read yet. */
export interface NamedInput {
  readonly name: string;
  /** What the template says; what an unread data source gives is not known in it. */
  readonly given: RawValue;
  /** @throws {ConfigError} when a file cannot be read */
  digest(): Promise<string>;
}

/**
 * Digests of all that decides what a build makes, besides its source: options, provisioners, the files of this machine that
 * are read, and post-processors that run scripts.
 * @param build Of a template that was loaded as in every other run: the time in a name must not count
 * @throws {ConfigError} when a file cannot be read
 */
export async function readInputs(build: PreparedBuild): Promise<readonly ProductInput[]> {
  return digestsOf(inputsOf(build));
}

/** One after the other: a folder may have many files. */
export async function digestsOf(inputs: readonly NamedInput[]): Promise<readonly ProductInput[]> {
  const digests: ProductInput[] = [];
  for (const input of inputs) digests.push({ name: input.name, digest: await input.digest() });
  return digests;
}

/** The same, of which nothing is read yet. */
export function inputsOf({ definition, prepared, identity }: PreparedBuild): readonly NamedInput[] {
  const { copyFiles, skipUnchangedFiles } = prepared.config;
  const copied = definition.config.copy_files === undefined ? [] : copyFiles;
  const value = (name: string, given: RawValue): NamedInput => ({ name, given, digest: async () => digestOf(given) });
  const component = (part: Component, kind: string, index: number): NamedInput => ({
    name: `${kind} ${index + 1} (${part.type})`,
    given: part.evaluate(placeholderData),
    digest: () => digestProvisioner(part, identity, KEY),
  });
  const scripts = definition.postProcessors.flat().map((part, index) => ({ part, index }));
  return [
    value("build", definition.name),
    ...Object.entries(prepared.productOptions()).map(([name, given]) => value(`option ${name}`, given)),
    ...definition.provisioners.map((part, index) => component(part, "provisioner", index)),
    ...copied.filter((path) => path !== OF_THIS_NETWORK).map((path) => fileInput("copy_files", path)),
    ...skipUnchangedFiles.map((path) => fileInput("skip_unchanged_files", path)),
    ...scripts
      .filter(({ part }) => part.type === "shell-local")
      .map(({ part, index }) => component(part, "post-processor", index)),
  ];
}

type Component = BuildDefinition["provisioners"][number] | BuildDefinition["postProcessors"][number][number];

function fileInput(option: string, path: string): NamedInput {
  return { name: `file ${path}`, given: path, digest: () => digestFile(option, path) };
}

async function digestFile(option: string, path: string): Promise<string> {
  try {
    await stat(path);
    return await digestPath(path, { modes: true });
  } catch (error) {
    throw new ConfigError([{ option, message: `cannot read "${path}": ${messageOf(error)}`, isOfMachine: true }]);
  }
}

function digestOf(value: RawValue): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}
