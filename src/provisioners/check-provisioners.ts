import type { ConfigProblem } from "../common/errors.ts";
import type { BuildDefinition } from "../template/definition.ts";
import type { BuildIdentity } from "./provisioner.ts";

/**
 * Checks every provisioner of a build before anything is created, with what is known: `build.*` has placeholders.
 *
 * @returns The problems of all, each option with its place: `provisioner "shell" (web.pkr.hcl:12): inline`
 */
export declare function checkProvisioners(
  build: Pick<BuildDefinition, "provisioners" | "errorCleanupProvisioner">,
  identity: BuildIdentity,
): readonly ConfigProblem[];
