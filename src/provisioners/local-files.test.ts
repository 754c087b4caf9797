import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ProvisionerDefinition } from "../definition/build-definition.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import { filesOfProvisioners } from "./files-of-provisioners.ts";
import { namedFiles, relocateFiles } from "./local-files.ts";

const identity = { buildName: "web", buildType: "outscale-chroot" };

function provisioner(type: string, options: RawConfig): ProvisionerDefinition {
  const location = { file: "web.pkr.hcl", line: 1, column: 1 };
  const evaluate = () => options;
  return { type, location, pauseBeforeMs: 0, timeoutMs: 0, maxRetries: 0, evaluate, show: evaluate };
}

const named = (type: string, options: RawConfig) => {
  const build = { provisioners: [provisioner(type, options)], errorCleanupProvisioner: undefined };
  return namedFiles(build, identity).map(({ option, path, use, isOptional }) => {
    return [option, path, use, ...(isOptional ? ["optional"] : [])].join(" ");
  });
};

describe("namedFiles()", () => {
  it.each<[string, RawConfig, readonly string[]]>([
    ["shell", { script: "a.sh" }, ["script a.sh read"]],
    ["shell", { scripts: ["a.sh", "b-{{build_name}}.sh"] }, ["scripts a.sh read", "scripts b-web.sh read"]],
    ["shell", { inline: ["cat /etc/motd"] }, []],
    ["shell-local", { script: "a.sh" }, ["script a.sh read"]],
    ["file", { source: "a", sources: ["b"], destination: "/x/" }, ["sources b read", "source a read"]],
    ["file", { source: "a", generated: true, destination: "/x" }, ["source a read optional"]],
    ["file", { content: "a", destination: "/x" }, []],
    ["file", { source: "/var/log/x", direction: "download", destination: "logs/" }, ["destination logs/ write"]],
    [
      "ansible",
      { playbook_file: "p/site.yml", roles_path: "roles" },
      ["playbook_file p/site.yml read-folder", "roles_path roles read optional"],
    ],
    [
      "ansible",
      { playbook_file: "site.yml", roles_path: "roles:/usr/share/roles", collections_path: "c" },
      [
        "playbook_file site.yml read-folder",
        "roles_path roles read optional",
        "roles_path /usr/share/roles read optional",
        "collections_path c read optional",
      ],
    ],
    [
      "ansible",
      { extra_arguments: ["-v", "-e", "@a.yml", "--extra-vars=@/b.yml", "-e@c.yml", "-e", "mail=@nobody"] },
      ["extra_arguments a.yml read", "extra_arguments /b.yml read", "extra_arguments c.yml read"],
    ],
    ["hcp-sbom", { source: "/sbom.json", destination: "sbom.json" }, ["destination sbom.json write"]],
    ["sleep", { seconds: "1" }, []],
    ["unknown", { script: "a.sh" }, []],
    ["shell", { script: "a.sh", no_such_option: 1 }, []],
  ])("of %s with %j are %j", (type, options, files) => {
    expect(named(type, options)).toEqual(files);
  });

  it("are not those whose names only the build knows", () => {
    expect(named("shell", { scripts: ["{{ build `ID` }}.sh", "a.sh"] })).toEqual(["scripts a.sh read"]);
  });
});

describe("the files that a provisioner reads", () => {
  it.each<[string, RawConfig]>([
    ["shell", { script: "a.sh" }],
    ["shell-local", { scripts: ["a.sh", "b.sh"] }],
    ["file", { source: "a", sources: ["b"], destination: "/x/" }],
    ["ansible", { playbook_file: "p/site.yml", roles_path: "roles:more", skip_version_check: true }],
    ["ansible", { playbook_files: ["p/site.yml"], extra_arguments: ["-e", "@v.yml"], skip_version_check: true }],
  ])("of %s with %j travel with it, all of them", async (type, options) => {
    const folder = await mkdtemp(join(tmpdir(), "local-files-"));
    const before = process.cwd();
    try {
      process.chdir(folder);
      for (const name of ["p", "roles", "more", "p/roles"]) await mkdir(name);
      for (const name of ["a", "a.sh", "b", "b.sh", "v.yml", "p/site.yml", "p/other.yml"]) await writeFile(name, "");
      const build = { provisioners: [provisioner(type, options)], errorCleanupProvisioner: undefined };
      const places = namedFiles(build, identity).map(({ path, use }) => (use === "read-folder" ? dirname(path) : path));
      const read = filesOfProvisioners(build, identity);
      expect(read).not.toEqual([]);
      for (const path of read)
        expect(
          places.some((place) => `${path}/`.startsWith(`${place}/`)),
          path,
        ).toBe(true);
    } finally {
      process.chdir(before);
      await rm(folder, { recursive: true });
    }
  });
});

describe("relocateFiles()", () => {
  it("gives every file the place that it has here, and nothing else another", () => {
    const build = {
      name: "web",
      type: "outscale-chroot",
      sourceName: "web",
      config: {},
      sensitiveOptions: new Set<string>(),
      locate: () => undefined,
      provisioners: [
        provisioner("shell", { scripts: ["a.sh", "/home/me/b.sh"], remote_folder: "/home/me" }),
        provisioner("file", { source: "/home/me/c", destination: "/home/me/c" }),
        provisioner("ansible", {
          roles_path: "roles:/home/me/roles:/usr/share/roles:/home/me/more",
          extra_arguments: ["-e", "@/home/me/a.yml", "--extra-vars=@/home/me/b.yml", "--limit=/home/me/x"],
        }),
      ],
      errorCleanupProvisioner: provisioner("shell-local", { script: "/home/me/d.sh" }),
      postProcessors: [],
    };
    const locate = (path: string) => (path.startsWith("/home/me/") ? `/bundle${path}` : path);
    const { provisioners, errorCleanupProvisioner } = relocateFiles(build, identity, locate);
    expect(provisioners.map((each) => each.evaluate({}))).toEqual([
      { scripts: ["a.sh", "/bundle/home/me/b.sh"], remote_folder: "/home/me" },
      { source: "/bundle/home/me/c", destination: "/home/me/c" },
      {
        roles_path: "roles:/bundle/home/me/roles:/usr/share/roles:/bundle/home/me/more",
        extra_arguments: ["-e", "@/bundle/home/me/a.yml", "--extra-vars=@/bundle/home/me/b.yml", "--limit=/home/me/x"],
      },
    ]);
    expect(errorCleanupProvisioner?.evaluate({})).toEqual({ script: "/bundle/home/me/d.sh" });
  });
});
