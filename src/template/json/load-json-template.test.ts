import path from "node:path";
import { describe, expect, it } from "vitest";
import { TemplateFolder } from "../../../tests/support/template/load-template-text.ts";
import { secrets } from "../../common/secrets.ts";
import type { LoadOptions } from "../load-options.ts";

const templates = new TemplateFolder();
const builder = { type: "outscale-chroot" };

describe("loadJsonTemplate() makes builds", () => {
  it("of builders, with their options as they are written", async () => {
    const options = {
      omi_name: "debian {{timestamp}}",
      tags: { Name: "x" },
      chroot_mounts: [["proc", "proc", "/proc"]],
    };
    const { builds, files, warnings } = await templates.load({
      builders: [{ ...builder, ...options, root_volume_size: 10, sudo: null }],
    });
    expect(files).toEqual([path.join(templates.path, "template.json")]);
    expect(warnings).toEqual([]);
    expect(builds).toHaveLength(1);
    expect(builds[0]).toMatchObject({
      name: "outscale-chroot",
      sourceName: "outscale-chroot",
      type: "outscale-chroot",
      provisioners: [],
      postProcessors: [],
      errorCleanupProvisioner: undefined,
    });
    expect(builds[0]?.config).toEqual({
      ...options,
      root_volume_size: 10,
      sudo: null,
      packer_user_variables: {},
      packer_sensitive_variables: [],
    });
  });

  it("and tells its variables, those that hide a sensitive one by name alone", async () => {
    const { variables } = await templates.load(
      {
        variables: { os: "debian", key: "k-abcdefgh", url: "https://{{user `key`}}@x" },
        "sensitive-variables": ["key"],
        builders: [builder],
      },
      {},
    );
    expect(variables).toEqual({ values: { os: "debian" }, sensitive: ["key", "url"] });
  });

  it("in the order of their names, which may hold templates", async () => {
    const { builds } = await templates.load(
      {
        variables: { os: "debian" },
        builders: [builder, { ...builder, name: "{{user `os`}}-{{upper `b`}}" }, { ...builder, name: "a" }],
      },
      {},
    );
    expect(builds.map(({ name }) => name)).toEqual(["a", "debian-B", "outscale-chroot"]);
  });

  it("with the places of their options", async () => {
    const text = `{
  "builders": [{
    "type": "outscale-chroot",
    "tags": { "Name": "x" },
    "chroot_mounts": [["proc", "proc", "/proc"],
      ["sysfs"]]
  }]
}`;
    const { builds } = await templates.load(text);
    const locate = (option: string) => {
      const place = builds[0]?.locate(option);
      return place && `${place.line}:${place.column}`;
    };
    expect(
      ["tags", "tags.Name", "chroot_mounts[1]", "chroot_mounts[1][0]", "chroot_mounts[9]", "omi_name"].map(locate),
    ).toEqual(["4:5", "4:15", "6:7", "6:8", "5:5", "2:16"]);
  });

  it("that -only and -except leave, by their whole names", async () => {
    const template = {
      builders: [
        { ...builder, name: "a" },
        { ...builder, name: "b" },
      ],
    };
    expect((await templates.load(template, { only: ["b"] })).builds.map(({ name }) => name)).toEqual(["b"]);
    expect((await templates.load(template, { except: ["b"] })).builds.map(({ name }) => name)).toEqual(["a"]);
    const { builds, warnings } = await templates.load(template, { only: ["a*"] });
    expect(builds).toEqual([]);
    expect(warnings).toEqual([
      '-only "a*" matches no build: The builds are a, b; of a JSON template the whole name must be given.',
    ]);
  });

  it.each(["web*", "web[1]", "a{b", "a/b"])("or the one that is asked for: %s", async (name) => {
    const template = { builders: ["web1", "x", name].map((each) => ({ ...builder, name: each })) };
    const { builds, warnings } = await templates.load(template, { onlyBuild: name });
    expect(builds.map((build) => build.name)).toEqual([name]);
    expect(warnings).toEqual([]);
    expect((await templates.load(template, { onlyBuild: "none" })).warnings).toEqual([
      expect.stringContaining('There is no build "none"'),
    ]);
  });

  it("with provisioners, their overrides, and for which builders they are", async () => {
    const { builds } = await templates.load({
      variables: { tries: "3" },
      builders: [
        { ...builder, name: "a" },
        { ...builder, name: "b" },
      ],
      provisioners: [
        {
          type: "shell",
          inline: ["echo {{user `x`}} {{.Vars}}"],
          pause_before: "10s",
          timeout: "1h30m",
          max_retries: "{{user `tries`}}",
          override: { b: { inline: ["b"] } },
        },
        { type: "file", only: ["a"], source: "s", max_retries: 5, pause_before: 2_000_000 },
        { type: "breakpoint", except: ["a"] },
      ],
      "error-cleanup-provisioner": { type: "shell-local", command: "x" },
    });
    const [a, b] = builds;
    expect(a?.provisioners.map(({ type }) => type)).toEqual(["shell", "file"]);
    expect(b?.provisioners.map(({ type }) => type)).toEqual(["shell", "breakpoint"]);
    expect(a?.provisioners[0]).toMatchObject({ pauseBeforeMs: 10_000, timeoutMs: 5_400_000, maxRetries: 3 });
    expect(a?.provisioners[1]).toMatchObject({ pauseBeforeMs: 2, timeoutMs: 0, maxRetries: 5 });
    expect(a?.provisioners[0]?.evaluate({})).toEqual({ inline: ["echo {{user `x`}} {{.Vars}}"] });
    expect(b?.provisioners[0]?.evaluate({})).toEqual({ inline: ["b"] });
    expect(a?.errorCleanupProvisioner?.type).toBe("shell-local");
    expect(a?.errorCleanupProvisioner?.evaluate({})).toEqual({ command: "x" });
  });

  it("with post-processors in each of their forms", async () => {
    const template = {
      builders: [builder],
      "post-processors": [
        "manifest",
        { type: "manifest", name: "named", output: "x", keep_input_artifact: true },
        [{ type: "checksum", except: ["outscale-chroot"] }, "manifest", { type: "shell-local", name: "last" }],
        [{ type: "nowhere", only: [] }],
      ],
    };
    const chains = async (options: Partial<LoadOptions> = {}) => {
      const { builds } = await templates.load(template, options);
      return builds[0]?.postProcessors.map((chain) => chain.map(({ name }) => name));
    };
    expect(await chains()).toEqual([["manifest"], ["named"], ["manifest", "last"], ["nowhere"]]);
    expect(await chains({ except: ["last"] })).toEqual([["manifest"], ["named"], ["manifest"], ["nowhere"]]);
    expect(await chains({ except: ["manifest"] })).toEqual([["named"], ["nowhere"]]);
    const { builds } = await templates.load(template);
    const [first, second] = builds[0]?.postProcessors.flat() ?? [];
    expect(first).toMatchObject({ type: "manifest", name: "manifest", keepInputArtifact: undefined });
    expect(second).toMatchObject({ type: "manifest", name: "named", keepInputArtifact: true });
    expect(second?.evaluate({})).toEqual({ output: "x" });
  });

  it("leaving comments aside", async () => {
    const template = { _comment: "x", description: "d", min_packer_version: "1.2", push: {}, builders: [builder] };
    expect((await templates.load(template)).builds).toHaveLength(1);
  });
});

describe("loadJsonTemplate() resolves variables", () => {
  const withVariables = (variables: Record<string, string | null>) => ({ variables, builders: [builder] });
  const valuesOf = async (variables: Record<string, string | null>, options: Partial<LoadOptions> = {}) => {
    return (await templates.load(withVariables(variables), options)).builds[0]?.userVariables;
  };

  it("from defaults, files and the command line, the last winning", async () => {
    const file = templates.write({ b: "file", c: "file" }, "vars.json");
    const later = templates.write({ c: "later", undeclared: "x" }, "later.json");
    const vars = [{ name: "d", value: "arg" }];
    expect(
      await valuesOf({ a: "default", b: "default", c: "default", d: null }, { vars, varFiles: [file, later] }),
    ).toEqual({
      a: "default",
      b: "file",
      c: "later",
      d: "arg",
      undeclared: "x",
    });
  });

  it("that use each other, the environment and functions", async () => {
    const variables = {
      a: "{{user `b`}}-{{user `c`}}",
      b: "{{env `NAME`}}{{env `UNSET`}}",
      c: "{{isotime `2006`}}{{upper `x`}}",
      d: "{{template_dir}}/f",
    };
    const values = await valuesOf(variables, { env: { NAME: "web" }, now: new Date("2026-11-22T00:00:00Z") });
    expect(values).toEqual({ a: "web-2026X", b: "web", c: "2026X", d: `${templates.path}/f` });
  });

  it("that are given and use others, declared or not", async () => {
    const vars = [
      { name: "file", value: "{{user `env_1`}}/{{user `dir`}}.vmx" },
      { name: "dir", value: "{{user `env_2`}}-{{user `plain`}}" },
      { name: "plain", value: "parrot" },
    ];
    const variables = { env_1: "{{ env `ONE` }}", env_2: "{{ env `TWO` }}" };
    expect(await valuesOf(variables, { vars, env: { ONE: "1", TWO: "/2" } })).toMatchObject({
      dir: "/2-parrot",
      file: "1//2-parrot.vmx",
    });
  });

  it("leaving late values for those who use the variable", async () => {
    expect(await valuesOf({ a: "{{ .HTTPIP }}:{{.HTTPPort}} {{upper `x`}}" })).toEqual({
      a: "{{ .HTTPIP }}:{{.HTTPPort}} X",
    });
  });

  it("rendering a value once", async () => {
    expect(await valuesOf({ a: "{{user `b`}}", b: '{{"{{"}}user `c`}}' })).toEqual({
      a: "{{user `c`}}",
      b: "{{user `c`}}",
    });
  });

  it("and gives them to the builder, the sensitive ones by name", async () => {
    const { builds } = await templates.load(
      {
        ...withVariables({ key: "{{env `KEY`}}", region: "r", url: "https://{{user `key`}}@host" }),
        "sensitive-variables": ["key", "missing"],
      },
      { env: { KEY: "s3cret" } },
    );
    expect(builds[0]?.config).toEqual({
      packer_user_variables: { key: "s3cret", region: "r", url: "https://s3cret@host" },
      packer_sensitive_variables: ["key", "missing", "url"],
    });
    expect(secrets.mask("s3cret")).toBe("<sensitive>");
  });

  it("of any name, also of one that JavaScript's own objects have", async () => {
    const names = ["__proto__", "constructor", "toString"];
    const { builds, variables } = await templates.load(
      `{
        "variables": { "__proto__": "{{env \`toString\`}}{{env \`__proto__\`}}p", "toString": "t" },
        "sensitive-variables": ["__proto__", "constructor", "toString"],
        "builders": [{ "type": "outscale-chroot" }]
      }`,
    );
    expect(variables).toEqual({ values: {}, sensitive: names });
    expect(Object.entries(builds[0]?.userVariables ?? {})).toEqual([
      ["__proto__", "p"],
      ["toString", "t"],
    ]);
  });

  it("hiding every text that uses a sensitive one, and no other", async () => {
    const { builds } = await templates.load({
      ...withVariables({ key: "a", url: "{{user `key`}}" }),
      "sensitive-variables": ["key"],
      provisioners: [{ type: "shell", inline: ["a {{user `url` | upper}}", "a", "{{user `region`}}"] }],
    });
    expect(builds[0]?.provisioners[0]?.show({})).toEqual({ inline: ["(sensitive value)", "a", "{{user `region`}}"] });
  });

  it("warning about a variable that is used and not set", async () => {
    const { warnings } = await templates.load({
      ...withVariables({ region: "x" }),
      builders: [{ ...builder, region: "{{user `regoin`}}" }],
    });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('template.json:1:67: Undefined variable: The template uses the variable "regoin"');
  });
});

describe("loadJsonTemplate() takes what Packer takes", () => {
  it("root keys in another case, each of them once", async () => {
    const { builds } = await templates.load({ Builders: [builder], PROVISIONERS: [{ type: "shell" }] });
    expect(builds[0]?.provisioners.map(({ type }) => type)).toEqual(["shell"]);
    await expect(templates.load({ Builders: [builder], builders: [builder] })).rejects.toThrow(
      '"builders" is the same as "Builders";',
    );
  });

  it("variables whose texts wait for values, used or not", async () => {
    const { builds } = await templates.load({
      variables: { wrapper: "sudo {{.Command}}", unused: "{{ .Path }}" },
      builders: [builder],
    });
    expect(builds[0]?.config.packer_user_variables).toEqual({ wrapper: "sudo {{.Command}}", unused: "{{ .Path }}" });
  });
});
