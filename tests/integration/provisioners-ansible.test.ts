import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { RawConfig } from "../../src/definition/raw-value.ts";
import { templateHook } from "../../src/provisioners/hook.ts";
import { makeBusyboxRoot, run } from "../support/chroot/fixtures.ts";
import {
  bindHostPrograms,
  makeRootOfHostPrograms,
  type ProvisionedImage,
  provisionedImage,
} from "../support/provisioners/provisioned-image.ts";
import { build, define } from "../support/provisioners/provisioning.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const PLAY = `
- hosts: web
  gather_facts: false # its LVM part leaves /etc/lvm
  roles: [motd]
  tasks:
    - copy: { content: "{{ packer_build_name }} {{ ansible_user }}\\n", dest: /etc/built-by, mode: "0640" }
    - lineinfile: { path: /etc/passwd, line: "app:x:1000:1000::/:/bin/sh" }
    - command: sh -c 'echo "\${OSC_SECRET_KEY:-no secret} \${FROM_TEMPLATE:-nothing}"'
      register: seen
    - debug: { msg: "{{ seen.stdout }} in {{ group_names | join(' ') }}" }
- hosts: real-host
  tasks:
    - fail: { msg: a host of the user's inventory was touched }
`;

requirePrograms(
  "ansible-playbook",
  "busybox",
  "unshare",
  "nsenter",
)("ansible", () => {
  let image: ProvisionedImage;
  afterEach(() => image[Symbol.asyncDispose]());

  const provision = (options: RawConfig) => {
    const ansible = define("ansible", { playbook_file: join(image.folder, "site.yml"), ...options });
    return templateHook({ ...build, provisioners: [ansible], errorCleanupProvisioner: undefined }).provision(
      image.input,
    );
  };

  const writePlay = (play: string) => writeFile(join(image.folder, "site.yml"), play);

  /** A role in an archive, as a requirements file can name it. @returns the requirements file */
  async function writeRequirements(): Promise<string> {
    const role = join(image.folder, "ansible-role-motd");
    for (const name of ["tasks", "meta"]) await mkdir(join(role, name), { recursive: true });
    await writeFile(join(role, "tasks/main.yml"), "- copy: { content: hello, dest: /etc/motd }\n");
    await writeFile(join(role, "meta/main.yml"), "galaxy_info: { author: me, min_ansible_version: '2.10' }\n");
    const archive = `${role}.tar.gz`;
    await run("tar", ["-czf", archive, "-C", image.folder, "ansible-role-motd"]);
    const requirements = join(image.folder, "requirements.yml");
    await writeFile(requirements, `roles:\n  - { src: "${archive}", name: motd }\n`);
    return requirements;
  }

  it("changes the mounted image alone, and leaves nothing of its own there", async () => {
    image = await provisionedImage(makeRootOfHostPrograms, { mount: bindHostPrograms });
    await writePlay(PLAY);
    await writeFile(join(image.folder, "hosts"), "real-host ansible_host=192.0.2.1\n[db]\ndefault\n");
    process.env.OSC_SECRET_KEY = "secret";
    try {
      await provision({
        ...{ groups: ["web"], inventory_file: join(image.folder, "hosts") },
        ...{ galaxy_file: await writeRequirements(), roles_path: join(image.folder, "roles") },
        ...{ ansible_env_vars: ["FROM_TEMPLATE=yes", "ANSIBLE_NOCOLOR=1"], extra_arguments: ["--diff"] },
      });
    } finally {
      delete process.env.OSC_SECRET_KEY;
    }
    expect(await readFile(join(image.files, "etc/built-by"), "utf8")).toBe("debian root\n");
    expect(await readFile(join(image.files, "etc/motd"), "utf8")).toBe("hello");
    expect(await readFile(join(image.files, "etc/passwd"), "utf8")).toContain("app:x:1000");
    expect(image.ui.of("message").join("\n")).toContain("no secret yes in db web");
    expect((await readdir(join(image.files, "etc"))).sort()).toEqual(["built-by", "group", "motd", "passwd"]);
    expect(await readdir(join(image.files, "root"))).toEqual([]);
    expect(await readdir(join(image.files, "tmp"))).toEqual([]);
    await expect(readFile("/etc/built-by")).rejects.toThrow("ENOENT");
  });

  it("fails with the play", async () => {
    image = await provisionedImage(makeRootOfHostPrograms, { mount: bindHostPrograms });
    await writePlay("- hosts: all\n  gather_facts: false\n  tasks:\n    - fail: { msg: no good }\n");
    await expect(provision({})).rejects.toMatchObject({
      cause: { message: "ansible-playbook ended with exit code 2" },
    });
  });

  it("asks for Python before it starts", async () => {
    image = await provisionedImage(makeBusyboxRoot);
    await writePlay(PLAY);
    await expect(provision({})).rejects.toMatchObject({
      hint: expect.stringContaining("apt-get install -y python3"),
      cause: { message: "Ansible needs Python in the image, which has none" },
    });
  });
});
