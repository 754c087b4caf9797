import type { AnsibleOptions } from "./options.ts";

/** How Ansible reaches the image; the plugin comes with the package `ansible`, and runs `ansible_chroot_exe`. */
const CONNECTION = "community.general.chroot";

export interface ImageHost {
  /** The mounted image, as a path that is valid where Ansible runs. */
  readonly mountPath: string;
  /** Python inside the image. */
  readonly python: string;
  /** The program that Ansible starts in place of chroot(8), with the mount path, a shell and its arguments. */
  readonly chroot: string;
  /** Where modules are copied to inside the image. */
  readonly temporaryFolder: string;
}

/**
 * An inventory with the image as its only host, in its groups.
 * @returns JSON, which Ansible reads as YAML
 */
export function makeInventory(options: AnsibleOptions, host: ImageHost): string {
  const variables = {
    ansible_connection: CONNECTION,
    ansible_host: host.mountPath,
    ansible_chroot_exe: host.chroot,
    ansible_user: options.user,
    ansible_python_interpreter: host.python,
    ansible_remote_tmp: host.temporaryFolder,
  };
  const alias = options.hostAlias;
  const groups = (options.groups ?? []).map((group) => [group, { hosts: { [alias]: null } }]);
  const emptyGroups = (options.emptyGroups ?? []).map((group) => [group, {}]);
  const children = Object.fromEntries([...emptyGroups, ...groups]);
  return `${JSON.stringify({ all: { hosts: { [alias]: variables }, children } }, null, 2)}\n`;
}
