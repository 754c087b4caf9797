import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { build, define } from "../../tests/support/provisioners/provisioning.ts";
import type { ProvisionerDefinition } from "../definition/build-definition.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import { canonicalJson, digestProvisioner } from "./digest-provisioner.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "digest-provisioner-"));
  await writeFile(join(folder, "script.sh"), "echo one\n");
  await mkdir(join(folder, "tree"));
  await writeFile(join(folder, "tree/a"), "a");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const digest = (type: string, options: RawConfig, limits: Partial<ProvisionerDefinition> = {}) =>
  digestProvisioner(define(type, options, limits), { ...build, userVariables: { name: "web" } }, "key");

describe("digestProvisioner()", () => {
  it.each<[string, string, RawConfig, RawConfig]>([
    ["a line", "shell", { inline: ["a"] }, { inline: ["b"] }],
    ["the order of lines", "shell", { inline: ["a", "b"] }, { inline: ["b", "a"] }],
    ["a variable", "shell", { inline: ["a"], env: { A: "1" } }, { inline: ["a"], env: { A: "2" } }],
    ["a user variable", "shell", { inline: ["a {{user `name`}}"] }, { inline: ["a {{user `none`}}"] }],
    ["a destination", "file", { content: "x", destination: "/a" }, { content: "x", destination: "/b" }],
    ["content", "file", { content: "x", destination: "/a" }, { content: "y", destination: "/a" }],
  ])("counts %s", async (_, type, one, other) => {
    expect(await digest(type, one)).not.toBe(await digest(type, other));
    expect(await digest(type, one)).toBe(await digest(type, { ...one }));
  });

  it("counts a script's bytes, and not where it lies", async () => {
    const before = await digest("shell", { script: at("script.sh") });
    await rename(at("script.sh"), at("moved.sh"));
    expect(await digest("shell", { script: at("moved.sh") })).toBe(before);
    await writeFile(at("moved.sh"), "echo two\n");
    expect(await digest("shell", { script: at("moved.sh") })).not.toBe(before);
  });

  it("counts the order of scripts", async () => {
    await writeFile(at("b.sh"), "b");
    const scripts = [at("script.sh"), at("b.sh")];
    expect(await digest("shell-local", { scripts })).not.toBe(
      await digest("shell-local", { scripts: scripts.toReversed() }),
    );
  });

  it("counts an uploaded file with its name and mode, and a folder with all that is in it", async () => {
    const upload = (source: string) => digest("file", { source, destination: "/opt/" });
    const before = [await upload(at("script.sh")), await upload(at("tree")), await upload(at("tree/"))];
    expect(new Set(before).size).toBe(3);
    await chmod(at("script.sh"), 0o711);
    await writeFile(at("tree/b"), "");
    const after = [await upload(at("script.sh")), await upload(at("tree")), await upload(at("tree/"))];
    expect(after.filter((each) => before.includes(each))).toEqual([]);
  });

  it("counts what the build itself makes before by its name alone", async () => {
    const options = { source: at("later"), destination: "/opt/later", generated: true };
    const before = await digest("file", options);
    await writeFile(at("later"), "made");
    expect(await digest("file", options)).toBe(before);
  });

  it("counts a playbook with what Ansible finds beside it, and with files of variables", async () => {
    const options = {
      playbook_file: at("site.yml"),
      skip_version_check: true,
      extra_arguments: ["-e", `@${at("vars")}`],
    };
    await writeFile(at("site.yml"), "- hosts: all\n");
    await mkdir(at("roles/web/tasks"), { recursive: true });
    const seen = [await digest("ansible", options)];
    for (const name of ["roles/web/tasks/main.yml", "included.yaml", "vars", "ansible.cfg"]) {
      await writeFile(at(name), "x");
      seen.push(await digest("ansible", options));
    }
    expect(new Set(seen).size).toBe(seen.length);
    await writeFile(at("packer-manifest.json"), "{}");
    expect(await digest("ansible", options)).toBe(seen.at(-1));
  });

  it("does not count what decides nothing of the image", async () => {
    const plain = await digest("shell", { inline: ["a"] });
    const limits = { pauseBeforeMs: 1, timeoutMs: 2, maxRetries: 3, location: { file: "x", line: 1, column: 1 } };
    expect(await digest("shell", { inline: ["a"], pause_after: "1s", env: null }, limits)).toBe(plain);
    expect(await digest("sleep", { duration: "1s" })).toBe(await digest("sleep", { duration: "2s" }));
  });

  it("counts whether the build goes on when it fails", async () => {
    const options = { inline: ["a"] };
    expect(await digest("shell", options, { continueOnError: true })).not.toBe(await digest("shell", options));
  });

  it("is the same in every run: the values of a build, the time and random ids do not count", async () => {
    const options = { inline: ["{{timestamp}} {{isotime}} {{uuid}} {{.ID}} {{build `Device`}}"] };
    const before = await digest("shell", options);
    vi.setSystemTime(new Date("2040-01-01"));
    expect(await digest("shell", options)).toBe(before);
    vi.useRealTimers();
    expect(await digest("shell", { inline: ["{{timestamp}} {{.ID}}"] })).not.toBe(before);
  });

  it("has another digest under another key", async () => {
    const definition = define("shell", { inline: ["a"] });
    expect(await digestProvisioner(definition, build, "one")).not.toBe(
      await digestProvisioner(definition, build, "two"),
    );
  });

  it("refuses options that no build takes", async () => {
    await expect(digest("shell", { inlined: ["a"] })).rejects.toMatchObject({ code: "E_CONFIG" });
    await expect(digest("shell", { script: at("missing.sh") })).rejects.toMatchObject({ code: "E_CONFIG" });
  });
});

it("canonicalJson() does not show the order of keys", () => {
  expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}');
});
