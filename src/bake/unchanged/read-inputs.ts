import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import type { ProductInput } from "../../builder/product-inputs.ts";
import { ConfigError, messageOf } from "../../common/errors.ts";
import type { RawValue } from "../../definition/raw-value.ts";
import { digestPath } from "../../host/digest-path.ts";
import { canonicalJson, digestProvisioner } from "../../provisioners/digest-provisioner.ts";
import type { PreparedBuild } from "../prepare-builds.ts";

/** The digests are of this process alone, which conceals them before it tells or keeps them. */
const KEY = "";
/** It says where names are resolved on this machine's network; the image gets it for a while, and gives it back. */
const OF_THIS_NETWORK = "/etc/resolv.conf";

/**
 * Digests of all that decides what a build makes, besides its source: options, provisioners, the files of this machine that
 * are read, and post-processors that run scripts.
 * @param build Of a template that was loaded as in every other run: the time in a name must not count
 * @throws {ConfigError} when a file cannot be read
 */
export async function readInputs({ definition, prepared, identity }: PreparedBuild): Promise<readonly ProductInput[]> {
  const { config } = prepared;
  const inputs: ProductInput[] = [{ name: "build", digest: digestOf(definition.name) }];
  for (const [name, value] of Object.entries(prepared.productOptions())) {
    inputs.push({ name: `option ${name}`, digest: digestOf(value) });
  }
  for (const [index, provisioner] of definition.provisioners.entries()) {
    const name = `provisioner ${index + 1} (${provisioner.type})`;
    inputs.push({ name, digest: await digestProvisioner(provisioner, identity, KEY) });
  }
  const copied = definition.config.copy_files === undefined ? [] : config.copyFiles;
  for (const path of copied.filter((file) => file !== OF_THIS_NETWORK)) {
    inputs.push(await readFileInput("copy_files", path));
  }
  for (const path of config.skipUnchangedFiles) inputs.push(await readFileInput("skip_unchanged_files", path));
  for (const [index, postProcessor] of definition.postProcessors.flat().entries()) {
    if (postProcessor.type !== "shell-local") continue;
    const name = `post-processor ${index + 1} (${postProcessor.type})`;
    inputs.push({ name, digest: await digestProvisioner(postProcessor, identity, KEY) });
  }
  return inputs;
}

async function readFileInput(option: string, path: string): Promise<ProductInput> {
  try {
    await stat(path);
    return { name: `file ${path}`, digest: await digestPath(path, { modes: true }) };
  } catch (error) {
    throw new ConfigError([{ option, message: `cannot read "${path}": ${messageOf(error)}`, isOfMachine: true }]);
  }
}

function digestOf(value: RawValue): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}
