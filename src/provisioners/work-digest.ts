import { secrets } from "../common/secrets.ts";
import type { ProvisionerDefinition } from "../definition/build-definition.ts";
import { mapTexts } from "../definition/map-texts.ts";
import { digestProvisioner } from "./digest-provisioner.ts";
import type { BuildIdentity } from "./provisioner.ts";

/** Nothing secret is in what is digested, so nobody has to be kept from guessing it. */
const NO_KEY = "";

/**
 * What a journal says of a provisioner that has run, by which a resumed run tells whether it is another one now. What is secret
 * is masked before; a secret that changes is no other provisioner.
 * @returns `unreadable` where a file has gone since the template was checked: what that comes to is told when it runs
 */
export async function workDigest(definition: ProvisionerDefinition, identity: BuildIdentity): Promise<string> {
  const mask = (text: string) => secrets.mask(text);
  const evaluate: ProvisionerDefinition["evaluate"] = (build) => mapTexts(definition.evaluate(build), mask);
  const variables = Object.entries(identity.userVariables ?? {}).map(([name, value]) => [name, mask(value)] as const);
  try {
    return await digestProvisioner(
      { ...definition, evaluate },
      { ...identity, userVariables: Object.fromEntries(variables) },
      NO_KEY,
    );
  } catch {
    return "unreadable";
  }
}
