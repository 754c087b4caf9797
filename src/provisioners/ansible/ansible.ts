import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ProvisionError, throwIfCancelled } from "../../common/errors.ts";
import { withoutMachine } from "../../host/clean-start.ts";
import { readCapabilities } from "../../host/own-state.ts";
import { shellQuote } from "../../host/shell-quote.ts";
import { defineProvisioner } from "../define-provisioner.ts";
import type { ProvisionerInput } from "../provisioner.ts";
import { readFromImage } from "../run-in-image.ts";
import { runOnHost } from "../run-on-host.ts";
import { assertValidExit } from "../valid-exit.ts";
import { withTemporary } from "../with-temporary.ts";
import { ansibleFiles } from "./ansible-files.ts";
import { ansibleEnvironment, galaxyCommands, playbookArguments } from "./arguments.ts";
import { makeInventory } from "./inventory.ts";
import { type AnsibleOptions, ansibleShape, checkAnsible, filesOfAnsible } from "./options.ts";

/** Runs playbooks from the host against the mounted image. */
export const ansible = defineProvisioner({
  type: "ansible",
  options: ansibleShape,
  check: checkAnsible,
  localFiles: filesOfAnsible,
  run: runAnsible,
  notCounted: [
    "playbook_file",
    "playbook_files",
    "galaxy_file",
    "inventory_file",
    "inventory_directory",
    "roles_path",
    "collections_path",
    "keep_inventory_file",
    "skip_version_check",
  ],
  reads: ansibleFiles,
});

async function runAnsible(options: AnsibleOptions, input: ProvisionerInput): Promise<void> {
  const python = await findPython(input);
  if (options.galaxyFile) await installRequirements(options, options.galaxyFile, input);
  // Ansible removes its folders in there, not the folder itself: by default it would leave /root/.ansible.
  const temporaryFolder = `${input.scriptFolder}/.ansible-${randomBytes(6).toString("hex")}`;
  const folder = await input.makeTemporaryFolder("packer-ansible-");
  try {
    const inventory = join(folder.path, "inventory.json");
    const chroot = join(folder.path, "chroot");
    await writeFile(chroot, chrootScript(input.shellWords), { mode: 0o700 });
    const host = { mountPath: input.data.MountPath, chroot, python, temporaryFolder };
    await writeFile(inventory, makeInventory(options, host), { mode: 0o600 });
    const argv = playbookArguments(options, input.build, inventory);
    await withTemporary(temporaryFolder, input, () => runProgram(argv, options, input));
  } finally {
    if (options.keepInventoryFile) {
      folder.keep();
      input.ui.message(`The inventory is kept in ${folder.path}`);
    } else {
      await folder.remove();
    }
  }
}

async function installRequirements(options: AnsibleOptions, file: string, input: ProvisionerInput): Promise<void> {
  for (const argv of galaxyCommands(options, await readFile(file, "utf8"))) await runProgram(argv, options, input);
}

async function runProgram(argv: readonly string[], options: AnsibleOptions, input: ProvisionerInput): Promise<void> {
  throwIfCancelled(input.signal);
  input.ui.say(`Executing Ansible: ${shellQuote(argv)}`);
  const status = await runOnHost(
    [...withoutMachine(readCapabilities()), ...argv],
    ansibleEnvironment(options, input.build),
    input,
  );
  assertValidExit(status, { what: argv[0] ?? options.command, place: "on this machine" });
}

/**
 * A program that is called as chroot(8) is, with a folder, a program and its arguments, and runs them in the image's
 * container: the modules of a play share no processes with Ansible itself.
 */
export function chrootScript(shellWords: readonly string[]): string {
  return ["#!/bin/sh", "shift", `exec ${shellQuote(shellWords)} -c 'exec "$@"' sh "$@"`, ""].join("\n");
}

/** Where Python is in the image: Ansible's modules are Python programs that run there. */
async function findPython(input: ProvisionerInput): Promise<string> {
  const command = "command -v python3 || command -v /usr/libexec/platform-python || command -v python";
  const { stdout } = await readFromImage(command, input);
  const python = stdout.trim();
  if (isPlainPath(python)) return python;
  throw new ProvisionError("Ansible needs Python in the image, which has none", {
    hint: 'Install it first, such as with a shell provisioner: inline = ["apt-get update", "apt-get install -y python3"]',
  });
}

/** Ansible evaluates Jinja expressions in its inventory, on this machine: what the image says must be none. */
export function isPlainPath(text: string): boolean {
  return /^\/[\w./+-]+$/.test(text);
}
