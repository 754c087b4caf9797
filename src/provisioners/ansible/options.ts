import { accessSync, constants } from "node:fs";
import { delimiter } from "node:path";
import { type ConfigProblem, messageOf } from "../../common/errors.ts";
import { findProgram } from "../../host/program-path.ts";
import { checkEnvironment } from "../environment.ts";
import { isLate } from "../late-values.ts";
import { nameFiles } from "../name-files.ts";
import { flag, text, texts } from "../option-types.ts";
import type { LocalFile } from "../provisioner.ts";
import type { OptionsOf } from "../read-options.ts";
import { checkFile } from "../scripts.ts";

/** The options of Packer's ansible plugin that mean something without SSH. */
export const ansibleShape = {
  playbook_file: text().optional(),
  playbook_files: texts().optional(),
  command: text().default("ansible-playbook"),
  extra_arguments: texts().optional(),
  ansible_env_vars: texts().optional(),
  groups: texts().optional(),
  empty_groups: texts().optional(),
  host_alias: text().default("default"),
  user: text().default("root"),
  inventory_file: text().optional(),
  inventory_directory: text().optional(),
  keep_inventory_file: flag().default(false),
  galaxy_file: text().optional(),
  galaxy_command: text().default("ansible-galaxy"),
  galaxy_force_install: flag().default(false),
  roles_path: text().optional(),
  collections_path: text().optional(),
  skip_version_check: flag().default(false),
};
export type AnsibleOptions = OptionsOf<typeof ansibleShape>;

/** The playbooks in the order they are run. */
export function playbooksOf({ playbookFile, playbookFiles }: AnsibleOptions): readonly string[] {
  return [...(playbookFile ? [playbookFile] : []), ...(playbookFiles ?? [])];
}

export function checkAnsible(options: AnsibleOptions): readonly ConfigProblem[] {
  const playbooks = playbooksOf(options);
  const problems = playbooks.length > 0 ? [] : [{ option: "playbook_file", message: "is required" }];
  const variables = checkEnvironment({ environmentVars: options.ansibleEnvVars });
  return [
    ...problems,
    ...playbooks.flatMap((path) => checkFile("playbook_file", path)),
    ...(options.galaxyFile ? checkFile("galaxy_file", options.galaxyFile) : []),
    ...(options.inventoryFile ? checkReadable("inventory_file", options.inventoryFile) : []),
    ...(options.inventoryDirectory ? checkReadable("inventory_directory", options.inventoryDirectory) : []),
    ...variables.map((problem) => ({ ...problem, option: "ansible_env_vars" })),
    ...(options.skipVersionCheck ? [] : checkInstalled(options)),
  ];
}

/** An inventory may be a folder as well as a file. */
function checkReadable(option: string, path: string): ConfigProblem[] {
  if (isLate(path)) return [];
  try {
    accessSync(path, constants.R_OK);
    return [];
  } catch (error) {
    return [{ option, message: `cannot read "${path}": ${messageOf(error)}`, isOfMachine: true }];
  }
}

/** Ansible is looked for before the build, as Packer does, not after half an hour of it. */
function checkInstalled({ command, galaxyFile, galaxyCommand }: AnsibleOptions): ConfigProblem[] {
  const programs = { command, ...(galaxyFile ? { galaxy_command: galaxyCommand } : {}) };
  const missing = Object.entries(programs).filter(([, program]) => !isLate(program) && !findProgram(program));
  const hint = "install the package ansible; skip_version_check = true skips this check";
  return missing.map(([option, program]) => {
    return { option, message: `the program "${program}" is not installed`, hint, isOfMachine: true };
  });
}

/** A playbook finds its roles, variables and files in its folder, and so does an inventory. */
export function filesOfAnsible(options: AnsibleOptions): readonly LocalFile[] {
  return [
    ...nameFiles("playbook_file", options.playbookFile, { use: "read-folder" }),
    ...nameFiles("playbook_files", options.playbookFiles, { use: "read-folder" }),
    ...nameFiles("galaxy_file", options.galaxyFile),
    ...nameFiles("inventory_file", options.inventoryFile, { use: "read-folder" }),
    ...nameFiles("inventory_directory", options.inventoryDirectory),
    ...foldersOf("roles_path", options.rolesPath),
    ...foldersOf("collections_path", options.collectionsPath),
    ...variableFiles(options),
  ];
}

/** Folders that are searched one after another, in one text. */
function foldersOf(option: string, paths: string | undefined): readonly LocalFile[] {
  return (paths?.split(delimiter) ?? []).flatMap((path, part) => {
    const put = (place: string, value: string) => value.split(delimiter).with(part, place).join(delimiter);
    return path === "" ? [] : [{ option, index: undefined, path, use: "read", isOptional: true, put }];
  });
}

/** What stands before the path of a file with variables, as `-e` takes it. */
const BEFORE_FILE = /^(?:--extra-vars=|-e)?@(?=.)/;

/** The files of `-e @FILE` and its like. */
export function variableFiles({ extraArguments = [] }: AnsibleOptions): readonly LocalFile[] {
  return extraArguments.flatMap((argument, index) => {
    const [before] = BEFORE_FILE.exec(argument) ?? [];
    if (before === undefined) return [];
    const put = (place: string, value: string) => (BEFORE_FILE.exec(value)?.[0] ?? before) + place;
    const path = argument.slice(before.length);
    return [{ option: "extra_arguments", index, path, use: "read", isOptional: false, put }];
  });
}
