import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { policyRules } from "../../common/policy-rules.ts";
import { type CheckPolicyInput, checkPolicy, listSetIds } from "./check-policy.ts";
import { describeFindings } from "./finding.ts";

const KEY = "AKIDABCDEFGHIJKLMNOP";
const PEM = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n";

describe("checkPolicy()", () => {
  let root: string;
  const put = (path: string, content = "x\n", mode = 0o600) => {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content);
    chmodSync(join(root, path), mode);
  };
  const check = (more: Partial<CheckPolicyInput> = {}) =>
    checkPolicy({
      root,
      foreignMounts: [],
      setIdsBefore: [],
      secrets: [KEY],
      sinceMs: Number.MAX_SAFE_INTEGER,
      allow: [],
      ...more,
    });
  const found = (more: Partial<CheckPolicyInput> = {}) =>
    check(more).findings.map(({ rule, path }) => `${rule} ${path}`);

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "policy-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("finds nothing in an image that is as it should be", () => {
    put("/etc/shadow", "root:*:1:0:99999:7:::\nweb:!:1::::::\nlocked:!$6$salt$hash:1::::::\n");
    put("/etc/passwd", "root:x:0:0::/root:/bin/sh\n", 0o644);
    put("/etc/machine-id", "uninitialized\n");
    put("/etc/ssl/certs/ca.pem", "-----BEGIN CERTIFICATE-----\n");
    put("/etc/ssh/ssh_host_rsa_key.pub", "ssh-rsa AAAA");
    put("/root/.bash_history", "");
    put("/root/.ssh/authorized_keys", "\n# nobody\n");
    put("/var/log/syslog", "");
    put("/usr/share/doc/x/example.pem", PEM);
    mkdirSync(join(root, "/var/lib/cloud/seed"), { recursive: true });
    mkdirSync(join(root, "tmp"));
    chmodSync(join(root, "tmp"), 0o1777);
    mkdirSync(join(root, "/var/lib/dbus"));
    symlinkSync("/etc/machine-id", join(root, "/var/lib/dbus/machine-id"));
    expect(check()).toEqual({ findings: [], allowed: 0, notes: [] });
  });

  it.each<[string, string, string]>([
    ["authorized-keys", "/root/.ssh/authorized_keys", "ssh-ed25519 AAAA me@here\n"],
    ["authorized-keys", "/home/web/.ssh/authorized_keys2", "ssh-ed25519 AAAA me@here\n"],
    ["private-key", "/root/.ssh/id_ed25519", PEM],
    ["private-key", "/etc/ssl/private/server.key", "-----BEGIN EC PRIVATE KEY-----\n"],
    ["private-key", "/home/web/locked.pem", "Subject: x\n-----BEGIN ENCRYPTED PRIVATE KEY-----\n"],
    ["access-key", "/home/web/.env", `OSC_ACCESS_KEY=${KEY}\n`],
    ["access-key", "/var/log/build.log", `${"x".repeat(1_000_000)}${KEY}`],
    ["access-key", "/etc/blob", Buffer.from(`${KEY}:rest`).toString("base64")],
    ["credentials", "/root/.osc/config.json", "{}"],
    ["shell-history", "/root/.bash_history", "ls\n"],
    ["shell-history", "/srv/pg/.psql_history", "\\q\n"],
    ["machine-id", "/etc/machine-id", "0123456789abcdef0123456789abcdef\n"],
    ["machine-id", "/var/lib/dbus/machine-id", "0123456789abcdef0123456789abcdef\n"],
    ["host-key", "/etc/ssh/ssh_host_ed25519_key", PEM],
    ["cloud-init-state", "/var/lib/cloud/instances/i-1a2b3c4d/user-data.txt", "x"],
    ["cloud-init-state", "/var/lib/cloud/seed/nocloud/user-data", "x"],
    ["log", "/var/log/dpkg.log", "x"],
    ["network-state", "/etc/udev/rules.d/70-persistent-net.rules", "x"],
    ["network-state", "/var/lib/dhcp/dhclient.eth0.leases", "x"],
    ["random-seed", "/var/lib/systemd/random-seed", "x"],
  ])("finds %s in %s", (rule, path, content) => {
    put(path, content);
    expect(check().findings.map((finding) => finding.rule)).toContain(rule);
  });

  it("judges passwords by their hashes, and never shows one", () => {
    const lines = ["root:", "admin:$6$salt$hash", "old:abJnggxhB/yWI", "fool:letmein", "none:*"];
    put("/etc/shadow", lines.map((line) => `${line}:1::::::\n`).join(""));
    put("/etc/passwd", "ancient::0:0::/:/bin/sh\nroot:x:0:0::/root:/bin/sh\n", 0o644);
    const { findings } = check();
    expect(findings).toEqual([
      { rule: "password", path: "/etc/passwd#ancient", detail: "none is needed" },
      { rule: "password", path: "/etc/shadow#admin", detail: "a password is set" },
      { rule: "password", path: "/etc/shadow#fool", detail: expect.stringContaining("it is not a hash") },
      { rule: "password", path: "/etc/shadow#old", detail: "a password is set, hashed by DES" },
      { rule: "password", path: "/etc/shadow#root", detail: "none is needed" },
    ]);
    expect(describeFindings(findings).join()).not.toMatch(/letmein|salt/);
  });

  it("finds files and folders that everybody may change, and new programs with rights", () => {
    put("/usr/bin/sudo", "", 0o4755);
    const setIdsBefore = listSetIds({ root, foreignMounts: [] });
    put("/usr/local/bin/tool", "", 0o4755);
    put("/etc/app.conf", "", 0o666);
    mkdirSync(join(root, "/srv/drop"), { recursive: true });
    chmodSync(join(root, "/srv/drop"), 0o777);
    symlinkSync("app.conf", join(root, "/etc/link"));
    expect(found({ setIdsBefore })).toEqual([
      "set-id /usr/local/bin/tool",
      "world-writable /etc/app.conf",
      "world-writable /srv/drop",
    ]);
    chmodSync(join(root, "/usr/bin/sudo"), 0o6755);
    expect(found({ setIdsBefore })).toContain("set-id /usr/bin/sudo");
    expect(found({ setIdsBefore: undefined })).not.toContain("set-id /usr/bin/sudo");
  });

  it("searches what the build has changed, wherever it is", () => {
    put("/usr/lib/app/config", `key=${KEY}`);
    expect(found()).toEqual([]);
    expect(found({ sinceMs: 0 })).toEqual(["access-key /usr/lib/app/config"]);
  });

  it("lets pass what is allowed, by rule and by path", () => {
    put("/var/log/a.log");
    put("/var/log/sub/b.log");
    put("/etc/ssl/private/ssl-cert-snakeoil.key", PEM);
    put("/etc/ssl/private/real.key", PEM);
    const allow = ["private-key:/etc/ssl/private/ssl-cert-*.key", "log:/var/log/*"];
    expect(check({ allow }).allowed).toBe(2);
    expect(found({ allow })).toEqual(["log /var/log/sub/b.log", "private-key /etc/ssl/private/real.key"]);
    expect(found({ allow: ["log", "private-key"] })).toEqual([]);
  });

  it("reads no link that leads out of the image, no pipe, and nothing that is mounted there", () => {
    const outside = mkdtempSync(join(tmpdir(), "outside-"));
    writeFileSync(join(outside, "key"), PEM);
    mkdirSync(join(root, "etc"));
    symlinkSync(join(outside, "key"), join(root, "/etc/key.pem"));
    symlinkSync(outside, join(root, "root"));
    const foreignMounts = ["/proc", "/srv/données"];
    for (const folder of foreignMounts) put(`${folder}/x`, "x", 0o666);
    expect(found({ foreignMounts })).toEqual([]);
    rmSync(outside, { recursive: true });
  });

  it("tells of hostile names without what they would do to a terminal, and of many in one line", () => {
    for (let i = 0; i < 300; i++) put(`/var/log/${i}.log`);
    put("/root/a\u001b[2J\nb.pem", PEM);
    const { findings, notes } = check();
    expect(notes).toEqual(["100 more findings of log are not listed"]);
    const lines = describeFindings(findings);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^log: (\/var\/log\/\d+\.log,? ){5}and 195 more: /);
    expect(lines[1]).toContain('private-key: "/root/a\\u001b[2J\\nb.pem": ');
  });

  it("has words for every rule", () => {
    for (const rule of policyRules) expect(describeFindings([{ rule, path: "/x" }])).toHaveLength(1);
  });
});
