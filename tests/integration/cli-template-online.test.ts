import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProgram } from "../../src/run-program.ts";
import { type CloudWithImages, startCloudWithImages } from "../support/local-cloud/account-with-images.ts";
import { recordingIo } from "../support/terminal/recording-io.ts";

let folder: string;
let clouds: CloudWithImages;
let debian: string;
let own: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-online-"));
  clouds = await startCloudWithImages(join(folder, "cloud"));
  debian = await clouds.addImage("outscale", "Debian-12-2026.11", { isPublic: true });
  own = await clouds.addImage("builder", "taken");
});
afterAll(async () => {
  await clouds.cloud.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a command, and makes sure that it has read the account and not changed it. */
async function run(argv: readonly string[], env: NodeJS.ProcessEnv = clouds.env) {
  const before = clouds.cloud.requests.length;
  const io = recordingIo({ env });
  const exitCode = await runProgram(argv, io);
  const actions = clouds.cloud.requests.slice(before).map(({ action }) => action);
  expect(actions.filter((action) => !action.startsWith("Read"))).toEqual([]);
  return { exitCode, ...io.written, actions };
}

async function template(name: string, options: string, head = ""): Promise<string> {
  const path = join(folder, `${name}.pkr.hcl`);
  const build = 'build {\n  sources = ["source.outscale-chroot.x"]\n}\n';
  await writeFile(path, `${head}\nsource "outscale-chroot" "x" {\n${options}\n}\n${build}`);
  return path;
}

const filter = `source_omi_filter {
  filters     = { image-name = "Debian-12-*" }
  owners      = ["Outscale"]
  most_recent = true
}`;
const data = `data "outscale-omi" "debian" {
  filters     = { image-name = "Debian-12-*" }
  owners      = ["Outscale"]
  most_recent = true
}`;

describe("plan", () => {
  it("reads no account unless it is asked to", async () => {
    const path = await template("offline", `omi_name = "web"\n${filter}`);
    expect(await run(["plan", path])).toMatchObject({ exitCode: 0, actions: [] });
  });

  it("-online finds the source, its size, whether it is copied, and that the name is free", async () => {
    const path = await template("online", `omi_name = "web-{{.SourceOMIName}}"\n${filter}`);
    const { exitCode, stdout, stderr, actions } = await run(["plan", "-online", path]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(actions).toEqual(["ReadAccounts", "ReadImages", "ReadImages", "ReadSnapshots"]);
    expect(stdout).toContain(`found ${debian}: Debian-12-2026.11, of Outscale`);
    expect(stdout).toContain('"web-Debian-12-2026.11" is free');
    expect(stdout).toContain("so the OMI is copied into the account");
    expect(stdout).toMatch(/^ {2}volume +4 GiB, gp2 +deleted at the end$/m);
    expect(stdout).not.toContain("Only the account can tell");
  });

  it("-online says which OMI is replaced, and that an own source is not copied", async () => {
    const path = await template("replacing", `omi_name = "taken"\nforce_deregister = true\nsource_omi = "${own}"`);
    const { stdout } = await run(["plan", "-online", path]);
    expect(stdout).toContain(`"taken" is the name of ${own}, which is replaced at the end`);
    expect(stdout).toContain("no copy is needed");
    expect(stdout).toContain(`deletes ${own}`);
  });

  it("-online says that a name is taken, which is no error where nothing may have changed", async () => {
    const options = `omi_name = "taken"\nsource_omi = "${own}"\nskip_unchanged = true`;
    const path = await template("skipping", options);
    const { exitCode, stdout } = await run(["plan", "-online", path]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`"taken" is the name of ${own}, and may not be replaced: it stops here`);
    expect(stdout).not.toContain(`deletes ${own}`);
    expect((await run(["plan", "-online", "-no-skip-unchanged", path])).stderr).toContain("already has an OMI");
    const forced = await run(["plan", "-online", "-force", path]);
    expect(forced.stdout).toContain(`"taken" is the name of ${own}, which is replaced at the end`);
    expect(forced.stdout).toContain(`deletes ${own}`);
  });

  it("refuses what comes from a data source, and -online reads it", async () => {
    const path = await template("data", 'omi_name = "web"\nsource_omi = data.outscale-omi.debian.id', data);
    const offline = await run(["plan", path]);
    expect(offline).toMatchObject({ exitCode: 4, stdout: "", actions: [] });
    expect(offline.stderr).toContain("source_omi: comes from a data source\n    hint: plan -online reads it");
    expect((await run(["plan", "-online", path])).stdout).toContain(`found ${debian}`);
  });
});

describe("validate", () => {
  it("-check-account is content with an account that is as the build needs it", async () => {
    const path = await template("fine", `omi_name = "web"\n${filter}`);
    expect(await run(["validate", "-check-account", path])).toMatchObject({
      exitCode: 0,
      stdout: "The configuration is valid.\n",
      stderr: "",
    });
  });

  it("-check-account leaves a taken name alone where a build may find that nothing has changed", async () => {
    const path = await template("skipping", `omi_name = "taken"\nsource_omi = "${own}"\nskip_unchanged = true`);
    expect(await run(["validate", "-check-account", path])).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it.each<[string, () => string, string]>([
    ["a name that is taken", () => `omi_name = "taken"\nsource_omi = "${own}"`, 'already has an OMI named "taken"'],
    ["a source that is not there", () => 'omi_name = "web"\nsource_omi = "ami-00000000"', "no available OMI was found"],
    [
      "a volume smaller than the source's",
      () => `omi_name = "web"\nroot_volume_size = 2\nsource_omi = "${own}"`,
      "is 2 GiB, but the root volume",
    ],
    [
      "iops that nobody gives",
      () => `omi_name = "web"\nroot_volume_type = "io1"\nsource_omi = "${own}"`,
      "nothing says how many iops",
    ],
  ])("-check-account finds %s, with its place", async (_, options, text) => {
    const path = await template("wrong", options());
    expect((await run(["validate", path])).exitCode).toBe(0);
    const { exitCode, stderr } = await run(["validate", "-check-account", path]);
    expect(exitCode).toBe(4);
    expect(stderr).toContain(text);
    expect(stderr).toMatch(/wrong\.pkr\.hcl:\d+:\d+: /);
  });

  it("-check-account finds wrong credentials", async () => {
    const path = await template("fine", `omi_name = "web"\n${filter}`);
    const env = { ...clouds.env, OSC_SECRET_KEY: "not-the-secret-key-of-this-account" };
    expect((await run(["validate", "-check-account", path], env)).exitCode).toBe(5);
  });

  it("does not judge what comes from a data source, and says so", async () => {
    const path = await template("data", 'omi_name = "web"\nsource_omi = data.outscale-omi.debian.id', data);
    const { exitCode, stderr, actions } = await run(["validate", path]);
    expect({ exitCode, actions }).toEqual({ exitCode: 0, actions: [] });
    expect(stderr).toContain("source_omi comes from a data source, and was not checked");
    const other = await template("data", 'omi_name = "w"\nsource_omi = data.outscale-omi.debian.id', data);
    expect((await run(["validate", other])).exitCode).toBe(4);
  });

  it("-evaluate-datasources reads them", async () => {
    const path = await template(
      "data",
      'omi_name = "web-${data.outscale-omi.debian.name}-${data.outscale-omi.debian.owner_name}"\nsource_omi = data.outscale-omi.debian.id',
      data,
    );
    expect(await run(["validate", "-evaluate-datasources", path])).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await run(["plan", "-online", path])).stdout).toContain("web-Debian-12-2026.11-Outscale");
  });

  it.each([
    ['owners      = ["Outscale"]', "", "owners: is required"],
    ['image-name = "Debian-12-*"', 'image-nam = "x"', "filters.image-nam: is not a filter of ReadImages"],
    ['image-name = "Debian-12-*"', 'image-name = "Windows-*"', "filters: no available OMI was found"],
    ["most_recent = true", "most_recnt = true", "most_recnt: is not an option"],
  ])("-evaluate-datasources refuses a data source without %j", async (good, bad, text) => {
    const options = 'omi_name = "web"\nsource_omi = data.outscale-omi.debian.id';
    const path = await template("data", options, data.replace(good, bad));
    const { exitCode, stderr } = await run(["validate", "-evaluate-datasources", path]);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('Cannot read the data source "outscale-omi"');
    expect(stderr).toContain(text);
  });

  it("searches with the access that a data source gives", async () => {
    const { accessKey, secretKey } = clouds.cloud.account("other");
    const access = `access_key = "${accessKey}"\n  secret_key = "${secretKey}"\n}`;
    const mine = data.replace('["Outscale"]', '["self"]').replace("Debian-12-*", "theirs").replace(/\}$/, access);
    const theirs = await clouds.addImage("other", "theirs");
    const path = await template(
      "theirs",
      `omi_name = "web"\ntags = { From = data.outscale-omi.debian.id }\n${filter}`,
      mine,
    );
    expect((await run(["plan", "-online", path])).stdout).toContain(`tags: From=${theirs}`);
  });
});

describe("console", () => {
  it("-evaluate-datasources reads data sources", async () => {
    const path = await template("data", 'omi_name = "web"\nsource_omi = data.outscale-omi.debian.id', data);
    const io = recordingIo({ env: clouds.env, answers: ["data.outscale-omi.debian.id"] });
    expect(await runProgram(["console", "-evaluate-datasources", path], io)).toBe(0);
    expect(io.written.stdout).toBe(`${debian}\n`);
  });
});

describe("a call that is tried again", () => {
  const again = /^ReadImages: retrying 2 of 8 in 0\.\d s: .*HTTP 500.*\nReadImages: retrying 3 of 8 in \d\.\d s: /;
  it.each<readonly string[]>([
    ["plan", "-online"],
    ["validate", "-check-account"],
    ["validate", "-evaluate-datasources"],
    ["console", "-evaluate-datasources"],
  ])("is told of by %s %s", async (command, flag) => {
    const source = "source_omi = data.outscale-omi.debian.id";
    const path = await template(`again-${command}${flag}`, `omi_name = "again"\n${source}`, data);
    clouds.cloud.faults.add({ kind: "internal-error", action: "ReadImages", times: 2 });
    expect(await run([command, flag, path])).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(again) });
  });
});

describe("a deprecated variable", () => {
  const deprecated = () => {
    const { OSC_ACCESS_KEY, OSC_SECRET_KEY, ...env } = clouds.env;
    return { ...env, OUTSCALE_ACCESSKEYID: OSC_ACCESS_KEY, OUTSCALE_SECRETKEYID: OSC_SECRET_KEY };
  };
  const warnings = [
    "ACCESSKEYID is deprecated: use OSC_ACCESS_KEY",
    "SECRETKEYID is deprecated: use OSC_SECRET_KEY",
  ].map((words) => `Warning: The variable OUTSCALE_${words} instead\n`);

  it.each([
    ["plan", "-online"],
    ["plan", "-online", "-json"],
    ["validate", "-check-account"],
    ["omi", "list"],
    ["omi", "list", "-json"],
  ])("is warned of once, on standard error: %s %s %s", async (...argv) => {
    const path = await template(
      "deprecated",
      `omi_name = "web-{{.SourceOMIName}}"\n${filter}\nforce_deregister = true`,
    );
    const words = argv.filter((word) => word !== undefined);
    const { exitCode, stderr } = await run(words[0] === "omi" ? words : [...words, path], deprecated());
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: warnings.join("") });
  });
});
