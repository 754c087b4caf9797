import { describe, expect, it } from "vitest";
import { build } from "../../../tests/support/provisioners/provisioning.ts";
import type { RawConfig } from "../../definition/raw-value.ts";
import { hostRunner } from "../../host/run-command.ts";
import { readOptions } from "../read-options.ts";
import { ansible, chrootScript, isPlainPath } from "./ansible.ts";
import { ansibleEnvironment, galaxyCommands, playbookArguments } from "./arguments.ts";
import { makeInventory } from "./inventory.ts";
import { ansibleShape } from "./options.ts";

const options = (raw: RawConfig) => readOptions(ansibleShape, { playbook_file: "site.yml", ...raw }, {});
const host = {
  mountPath: "/mnt/my image",
  chroot: "/tmp/packer-ansible-1/chroot",
  python: "/usr/bin/python3",
  temporaryFolder: "/tmp/.ansible-1",
};

describe("makeInventory()", () => {
  it("has the image as the only host, in its groups", () => {
    const inventory = makeInventory(
      options({ groups: ["web", "db"], empty_groups: ["cache"], host_alias: "box" }),
      host,
    );
    expect(JSON.parse(inventory)).toEqual({
      all: {
        hosts: {
          box: {
            ansible_connection: "community.general.chroot",
            ansible_host: "/mnt/my image",
            ansible_chroot_exe: "/tmp/packer-ansible-1/chroot",
            ansible_user: "root",
            ansible_python_interpreter: "/usr/bin/python3",
            ansible_remote_tmp: "/tmp/.ansible-1",
          },
        },
        children: { cache: {}, web: { hosts: { box: null } }, db: { hosts: { box: null } } },
      },
    });
  });
});

describe("chrootScript()", () => {
  it("runs what comes after the folder, word by word", async () => {
    const script = chrootScript(["/bin/sh", "-e"]);
    const { stdout } = await hostRunner().run([
      "sh",
      "-c",
      script,
      "chroot",
      "/mnt/image",
      "printf",
      "<%s>",
      "a b",
      "'",
    ]);
    expect(stdout).toBe("<a b><'>");
  });
});

describe("isPlainPath()", () => {
  it.each([
    ["/usr/bin/python3.12", true],
    ["/opt/c++/bin/python-3", true],
    ["python3", false],
    ["/usr/bin/python3\n/usr/bin/python", false],
    ["/usr/bin/{{ lookup('pipe', 'id') }}", false],
    ["", false],
  ])("of %j is %s", (text, expected) => {
    expect(isPlainPath(text)).toBe(expected);
  });
});

describe("playbookArguments()", () => {
  const variables = ["--extra-vars", '{"packer_build_name":"debian","packer_builder_type":"outscale-chroot"}'];

  it("limits the plays to the image", () => {
    expect(playbookArguments(options({}), build, "/tmp/inventory.json")).toEqual([
      ...["ansible-playbook", "--inventory", "/tmp/inventory.json", "--limit", "default", ...variables, "site.yml"],
    ]);
  });

  it("puts the user's inventory before ours, and the user's arguments last", () => {
    const raw = { inventory_file: "hosts", playbook_files: ["a.yml"], extra_arguments: ["-v", "--limit=web"] };
    expect(playbookArguments(options(raw), build, "ours.json")).toEqual([
      ...["ansible-playbook", "--inventory", "hosts", "--inventory", "ours.json", ...variables],
      ...["-v", "--limit=web", "site.yml", "a.yml"],
    ]);
  });
});

describe("galaxyCommands()", () => {
  const raw = { galaxy_file: "req.yml", roles_path: "roles", collections_path: "colls", galaxy_force_install: true };
  const role = ["ansible-galaxy", "role", "install", "-r", "req.yml", "--force", "-p", "roles"];
  const collection = ["ansible-galaxy", "collection", "install", "-r", "req.yml", "--force", "-p", "colls"];

  it.each([
    ["- src: x\n", [role]],
    ["---\nroles:\n  - src: x\n", [role]],
    ["collections:\n  - name: x\n", [collection]],
    ["collections: []\nroles: []\n", [role, collection]],
  ])("%j", (text, commands) => expect(galaxyCommands(options(raw), text)).toEqual(commands));
});

describe("ansibleEnvironment()", () => {
  it("hands on Ansible's settings, and no credentials", () => {
    const environment = { OSC_SECRET_KEY: "secret", ANSIBLE_CONFIG: "my.cfg", ANSIBLE_DEBUG: "1" };
    const given = options({ ansible_env_vars: ["ANSIBLE_CONFIG=yours.cfg", "X=a=b"], roles_path: "r" });
    const env = ansibleEnvironment(given, { ...build, environment });
    expect(env).toMatchObject({ ANSIBLE_CONFIG: "yours.cfg", ANSIBLE_DEBUG: "1", X: "a=b", ANSIBLE_ROLES_PATH: "r" });
    expect(env).not.toHaveProperty("OSC_SECRET_KEY");
  });
});

describe("ansible", () => {
  it.each([
    [{}, ["playbook_file"]],
    [{ playbook_file: "/no/such.yml" }, ["playbook_file"]],
    [{ playbook_file: "/dev/null", galaxy_file: "/no/such.yml" }, ["galaxy_file"]],
    [{ playbook_file: "/dev/null", inventory_directory: "/no/such" }, ["inventory_directory"]],
    [{ playbook_file: "/dev/null", ansible_env_vars: ["x"] }, ["ansible_env_vars"]],
    [{ playbook_file: "/dev/null", use_proxy: true }, ["use_proxy"]],
  ])("refuses the options %j", (raw, expected) => {
    const prepare = () => ansible.prepare({ skip_version_check: true, ...raw }, {});
    expect(prepare).toThrow(
      expect.objectContaining({ problems: expected.map((option) => expect.objectContaining({ option })) }),
    );
  });

  it("looks for ansible-playbook before the build", () => {
    const prepare = () => ansible.prepare({ playbook_file: "/dev/null", command: "no-such-ansible" }, {});
    expect(prepare).toThrow('command: the program "no-such-ansible" is not installed');
  });
});
