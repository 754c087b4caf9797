import { readdirSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { isErrno } from "../../common/errno.ts";
import { isLate } from "../late-values.ts";
import type { InputFile } from "../provisioner.ts";
import { type AnsibleOptions, playbooksOf, variableFiles } from "./options.ts";

/** The folders beside a playbook that Ansible searches. @see https://docs.ansible.com/ansible/latest/tips_tricks/sample_setup.html */
const SEARCHED =
  /^(roles|collections|group_vars|host_vars|library|module_utils|files|templates|tasks|handlers|vars|defaults|meta|.+_plugins)$/;
const BESIDE = /\.ya?ml$|^ansible\.cfg$/;

/**
 * What a run of Ansible reads of this machine, as far as the options and Ansible's own customs tell: playbooks with what
 * lies beside them, inventories, roles, and the files of `-e @FILE`.
 */
export function ansibleFiles(options: AnsibleOptions): readonly InputFile[] {
  const { galaxyFile, inventoryFile, inventoryDirectory, rolesPath, collectionsPath } = options;
  const playbooks = playbooksOf(options);
  // What ansible-galaxy installs there is what the requirements say, and is not there before the first build.
  const installed = galaxyFile ? [galaxyFile] : [rolesPath, collectionsPath].flatMap((path) => path?.split(delimiter));
  const variables = variableFiles(options).map(({ path }) => path);
  const named = [...installed, inventoryFile, inventoryDirectory, ...variables].flatMap((path) => path || []);
  const beside = [...new Set(playbooks.filter((path) => !isLate(path)).map((path) => dirname(path)))].flatMap(searched);
  return [...playbooks, ...beside, ...named].map((path) => ({ path, name: basename(path), isCopied: true }));
}

function searched(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const found = entries.filter((entry) => (entry.isFile() ? BESIDE : SEARCHED).test(entry.name));
    return found.map(({ name }) => join(folder, name)).sort();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}
