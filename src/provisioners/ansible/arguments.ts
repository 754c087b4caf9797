import { hostEnvironment } from "../../host/host-environment.ts";
import type { BuildIdentity } from "../provisioner.ts";
import { type AnsibleOptions, playbooksOf } from "./options.ts";

/**
 * The command line of `ansible-playbook`. A user's inventory comes first, ours last, so that the image has our connection
 * there too; plays are limited to the image, so that an inventory with real hosts does not change them.
 */
export function playbookArguments(options: AnsibleOptions, build: BuildIdentity, inventory: string): string[] {
  const own = [options.inventoryFile, options.inventoryDirectory].flatMap((path) => path || []);
  const extra = options.extraArguments ?? [];
  const isLimited = extra.some((argument) => /^(--limit\b|-l)/.test(argument));
  const variables = { packer_build_name: build.buildName, packer_builder_type: build.buildType };
  return [
    options.command,
    ...[...own, inventory].flatMap((path) => ["--inventory", path]),
    ...(isLimited ? [] : ["--limit", options.hostAlias]),
    "--extra-vars",
    JSON.stringify(variables),
    ...extra,
    ...playbooksOf(options),
  ];
}

/**
 * The command lines that install what `galaxy_file` asks for: roles, collections or both.
 * @param requirements The file's text; a plain list is of roles
 */
export function galaxyCommands(options: AnsibleOptions, requirements: string): string[][] {
  const path = options.galaxyFile ?? "";
  const force = options.galaxyForceInstall ? ["--force"] : [];
  const hasCollections = /^collections\s*:/m.test(requirements);
  const hasRoles = /^roles\s*:/m.test(requirements) || !hasCollections;
  const install = (kind: string, folder: string | undefined) => [
    ...[options.galaxyCommand, kind, "install", "-r", path, ...force],
    ...(folder ? ["-p", folder] : []),
  ];
  return [
    ...(hasRoles ? [install("role", options.rolesPath)] : []),
    ...(hasCollections ? [install("collection", options.collectionsPath)] : []),
  ];
}

/**
 * Ansible's environment. The connection plugin hands it on into the image, so it is the clean one, with Ansible's own
 * settings and what `ansible_env_vars` adds.
 */
export function ansibleEnvironment(options: AnsibleOptions, build: BuildIdentity): Record<string, string> {
  const settings = Object.entries(build.environment ?? process.env).filter(
    (entry): entry is [string, string] => entry[0].startsWith("ANSIBLE_") && entry[1] !== undefined,
  );
  return {
    ...hostEnvironment(),
    PYTHONUNBUFFERED: "1",
    // Python in the image would leave compiled modules beside the packages that it imports.
    PYTHONDONTWRITEBYTECODE: "1",
    ...Object.fromEntries(settings),
    ...(options.rolesPath ? { ANSIBLE_ROLES_PATH: options.rolesPath } : {}),
    ...(options.collectionsPath ? { ANSIBLE_COLLECTIONS_PATHS: options.collectionsPath } : {}),
    ...Object.fromEntries((options.ansibleEnvVars ?? []).map(splitPair)),
  };
}

function splitPair(pair: string): [string, string] {
  const equals = pair.indexOf("=");
  return [pair.slice(0, equals), pair.slice(equals + 1)];
}
