import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { localCloudImages, localCloudStatus, resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { runInFolder } from "../support/program/run-in-folder.ts";
import { buildPrograms, requirePrograms } from "../support/suite/requirements.ts";

/** One thing of every rule. The keys are those of the build: the host knows them, and writes them down. */
const seeds = [
  "mkdir -p /root/.ssh /root/.aws /etc/ssh /var/lib/cloud/instances/i-1 /var/lib/systemd /var/lib/dhcp /var/log /usr/lib/app",
  "echo 'ssh-ed25519 AAAA me' > /root/.ssh/authorized_keys",
  "echo '-----BEGIN OPENSSH PRIVATE KEY-----' | tee /root/.ssh/id_ed25519 > /etc/ssh/ssh_host_rsa_key",
  "echo x | tee /root/.aws/credentials /root/.bash_history /var/lib/cloud/instances/i-1/user-data /var/lib/systemd/random-seed > /var/lib/dhcp/dhclient.leases",
  "echo 0123456789abcdef0123456789abcdef > /etc/machine-id",
  "echo secret | tee /var/log/build.log > /var/log/build.log.1",
  "echo 'root:letmein:1::::::' > /etc/shadow",
  "cp /bin/busybox /usr/local/bin/tool && chmod 4755 /usr/local/bin/tool",
  "echo x > /etc/app.conf && chmod 666 /etc/app.conf",
];

const template = (name: string, options: string) => `
source "outscale-chroot" "web" {
  omi_name   = "${name}"
  boot_check = "off"
  source_omi_filter {
    filters = { image-name = "Debian-12-*" }
    owners  = ["Outscale"]
  }
  ${options}
}
build {
  sources = ["source.outscale-chroot.web"]
  provisioner "shell" {
    inline = ${JSON.stringify(seeds)}
  }
  provisioner "shell-local" {
    pass_environment = ["OSC_SECRET_KEY"]
    inline           = ["printenv OSC_SECRET_KEY > {{build \`MountPath\`}}/usr/lib/app/config"]
  }
}
`;

const describe = requirePrograms(...buildPrograms);

describe("image_check and generalise", () => {
  let folder: string;
  const at = (...names: string[]) => join(folder, ...names);
  const run = (...argv: string[]) => runInFolder(folder, argv);
  const build = async (name: string, options: string, ...flags: string[]) => {
    writeFileSync(at(`${name}.pkr.hcl`), template(name, options));
    return run("build", "-local", "-color=false", ...flags, at(`${name}.pkr.hcl`));
  };
  const recordOfLast = async () => {
    const { stdout } = await run("runs", "list", "-json");
    const [{ runId }] = JSON.parse(stdout).runs;
    return JSON.parse((await run("runs", "show", "-json", runId)).stdout);
  };
  const names = async () => (await localCloudImages(at("cloud"))).map(({ ImageName }) => ImageName);

  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "image-check-")));
  });
  afterAll(async () => {
    await resetLocalCloud(at("cloud"));
    rmSync(folder, { recursive: true });
  });

  it("ends a strict build before anything is published, with everything that it has found", async () => {
    const { exitCode, stdout, stderr } = await build("strict", 'image_check { level = "strict" }');
    expect(exitCode, stdout + stderr).toBe(15);
    const expected = [
      "access-key: /usr/lib/app/config",
      "authorized-keys: /root/.ssh/authorized_keys (1 key)",
      "cloud-init-state: /var/lib/cloud/instances/i-1",
      "credentials: /root/.aws/credentials",
      "host-key: /etc/ssh/ssh_host_rsa_key",
      "log: /var/log/build.log, /var/log/build.log.1",
      "machine-id: /etc/machine-id",
      "network-state: /var/lib/dhcp/dhclient.leases",
      "password: /etc/shadow#root (it is not a hash",
      "private-key: /root/.ssh/id_ed25519",
      "random-seed: /var/lib/systemd/random-seed",
      "set-id: /usr/local/bin/tool (4755 0:0)",
      "shell-history: /root/.bash_history",
      "world-writable: /etc/app.conf",
    ];
    for (const text of expected) expect(stdout + stderr).toContain(text);
    expect(stdout + stderr).not.toContain("letmein");
    expect(await names()).not.toContain("strict");
    expect(readdirSync(at("state", "runs"))).toEqual([]);
    const record = await recordOfLast();
    expect(record).toMatchObject({ error: { code: "E_IMAGE_CHECK", step: "StepImageCheck" } });
    expect(record.imageCheck.findings).toHaveLength(15);
  });

  it("passes what is allowed, once what belongs to one machine is removed", async () => {
    const rules = ["access-key", "authorized-keys:/root/**", "credentials", "password:/etc/shadow#root", "private-key"];
    const allow = JSON.stringify([...rules, "set-id:/usr/local/bin/*", "world-writable:/etc/app.conf"]);
    const check = `image_check {\n level = "strict"\n allow = ${allow}\n }`;
    const { exitCode, stdout, stderr } = await build("clean", `generalise = true\n ${check}`, "-diff", at("diff.json"));
    expect(exitCode, stdout + stderr).toBe(0);
    expect(stdout).toContain("7 findings are allowed");
    expect(stdout).toContain("machine id: /etc/machine-id");
    const record = await recordOfLast();
    expect(record.imageCheck).toMatchObject({ level: "strict", findings: [], allowed: 7 });
    expect(record.generalised).toContain("logs: /var/log/build.log and 1 more");
    // What is told of the image is told of the one that is published.
    const changed = record.image.diff.files.list.map(({ path }: { path: string }) => path);
    expect(changed).toContain("/root/.aws/credentials");
    expect(changed).not.toContain("/root/.bash_history");
  });

  it("cleans nothing of this machine that is bound into the image", async () => {
    const files = ["journal/0123/system.journal", "own.log", "own.log.1"].map((name) => at("bound", name));
    mkdirSync(at("bound/journal/0123"), { recursive: true });
    for (const file of files) writeFileSync(file, "precious\n");
    const mounts = [
      ["proc", "proc", "/proc"],
      ["bind", "/dev", "/dev"],
      ["bind", at("bound"), "/var/log"],
    ];
    const options = `generalise = true\n chroot_mounts = ${JSON.stringify(mounts)}`;
    const { exitCode, stdout, stderr } = await build("bound", options);
    expect(exitCode, stdout + stderr).toBe(0);
    expect(files.map((file) => readFileSync(file, "utf8"))).toEqual(files.map(() => "precious\n"));
    expect(readFileSync(at("bound/build.log"), "utf8")).toBe("secret\n");
    const { generalised } = await recordOfLast();
    expect(generalised.join("\n")).toContain("machine id: /etc/machine-id");
    expect(generalised.join("\n")).not.toContain("/var/log");
  });

  it("warns, and costs a build nothing that does not ask for it", async () => {
    const warned = await build("warned", "image_check {}");
    expect(warned.exitCode).toBe(0);
    expect(warned.stdout).toContain("Image check: set-id: /usr/local/bin/tool (4755 0:0)");
    const plain = await build("plain", "");
    expect(plain.exitCode).toBe(0);
    expect(plain.stdout).not.toMatch(/Image check|StepImageCheck|StepGeneralise|what should not be/);
    const record = await recordOfLast();
    expect([record.imageCheck, record.generalised]).toEqual([null, null]);
    expect((await localCloudStatus(at("cloud")).catch(() => ({ violations: [] }))).violations).toEqual([]);
  });
});
