import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mountIdOf, openFolder, usingFd } from "../../chroot/openat.ts";
import { checkPolicy } from "../policy/check-policy.ts";
import { generaliseImage } from "./generalise-image.ts";

describe("generaliseImage()", () => {
  let root: string;
  const at = (path: string) => join(root, path);
  const put = (path: string, content = "x\n") => {
    mkdirSync(at(dirname(path)), { recursive: true });
    writeFileSync(at(path), content);
  };
  const generalise = () => generaliseImage({ root, ownMounts: [usingFd(openFolder(root), mountIdOf)] });

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "generalise-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("removes what belongs to one machine, and nothing else", () => {
    const gone = [
      "/etc/ssh/ssh_host_rsa_key",
      "/etc/ssh/ssh_host_rsa_key.pub",
      "/root/.bash_history",
      "/home/web/.python_history",
      "/srv/pg/.psql_history",
      "/var/lib/cloud/instances/i-1/user-data.txt",
      "/var/lib/cloud/sem/x",
      "/var/lib/systemd/random-seed",
      "/var/lib/dhcp/dhclient.leases",
      "/var/lib/NetworkManager/secret_key",
      "/etc/udev/rules.d/70-persistent-net.rules",
      "/var/lib/dbus/machine-id",
      "/tmp/deep/er/file",
      "/var/tmp/x",
      "/var/log/journal/0123/system.journal",
      "/var/log/syslog.1",
      "/var/log/apt/history.log.1.gz",
      "/var/log/messages-20260101",
    ];
    const emptied = ["/etc/machine-id", "/var/log/dpkg.log", "/var/log/apt/history.log"];
    const kept = [
      "/etc/ssh/sshd_config",
      "/root/.ssh/authorized_keys",
      "/root/.bashrc",
      "/var/lib/cloud/scripts/per-boot/mine.sh",
      "/var/lib/cloud/seed/nocloud/user-data",
      "/etc/udev/rules.d/99-mine.rules",
      "/usr/bin/cloud-init",
      "/usr/sbin/sshd",
    ];
    for (const path of [...gone, ...emptied, ...kept]) put(path);
    put("/etc/passwd", "pg:x:100:100::/srv/pg:/bin/sh\nodd:x:1:1::/:/bin/sh\n");
    const { changes, warnings } = generalise();
    expect(warnings).toEqual([]);
    expect(gone.filter((path) => existsSync(at(path)))).toEqual([]);
    expect(emptied.map((path) => statSync(at(path)).size)).toEqual([0, 0, 0]);
    expect(kept.map((path) => readFileSync(at(path), "utf8"))).toEqual(kept.map(() => "x\n"));
    expect(existsSync(at("/tmp")) && existsSync(at("/var/log/journal"))).toBe(true);
    expect(changes).toEqual([
      "SSH host keys: /etc/ssh/ssh_host_rsa_key and 1 more (/usr/bin/cloud-init makes new ones)",
      "machine id: /etc/machine-id and 1 more",
      "state of cloud-init: /var/lib/cloud/instances and 1 more",
      "shell history: /root/.bash_history and 2 more",
      "random seeds: /var/lib/systemd/random-seed",
      "network state: /var/lib/dhcp/dhclient.leases and 2 more",
      "temporary files: /tmp/deep and 1 more",
      "logs: /var/log/journal/0123 and 5 more",
    ]);
    expect(generalise()).toEqual({ changes: [], warnings: [] });
  });

  it("leaves nothing that the check would find of what it cleans", () => {
    for (const path of ["/etc/machine-id", "/var/log/a/b/c.log", "/root/.zsh_history", "/etc/ssh/ssh_host_rsa_key"])
      put(path);
    put("/var/lib/cloud/data/instance-id");
    generalise();
    const place = { root, foreignMounts: [], setIdsBefore: [], secrets: [], sinceMs: 0, allow: [] };
    expect(checkPolicy(place).findings).toEqual([]);
  });

  it.each([
    ["nothing", undefined, false],
    [
      "a unit of systemd",
      ["/usr/lib/systemd/system/sshd-keygen@.service", "ExecStart=/usr/libexec/openssh/sshd-keygen %i"],
      true,
    ],
    [
      "a drop-in of ssh.service",
      ["/etc/systemd/system/ssh.service.d/keys.conf", "ExecStartPre=/usr/bin/ssh-keygen -A"],
      true,
    ],
    ["a script of OpenRC", ["/etc/init.d/sshd", "ssh-keygen -A"], true],
    ["cloud-init", ["/usr/bin/cloud-init", ""], true],
    ["a unit that does something else", ["/usr/lib/systemd/system/ssh.service", "ExecStart=/usr/sbin/sshd -D"], false],
  ] as const)("with sshd and %s for new host keys", (_what, maker, isRemoved) => {
    put("/usr/sbin/sshd");
    put("/etc/ssh/ssh_host_rsa_key");
    if (maker !== undefined) put(maker[0], maker[1]);
    const { warnings } = generalise();
    expect(existsSync(at("/etc/ssh/ssh_host_rsa_key"))).toBe(!isRemoved);
    expect(warnings).toEqual(isRemoved ? [] : [expect.stringContaining("The SSH host keys stay")]);
  });

  it("takes no cloud-init that is disabled for one", () => {
    for (const path of [
      "/usr/sbin/sshd",
      "/etc/ssh/ssh_host_rsa_key",
      "/usr/bin/cloud-init",
      "/etc/cloud/cloud-init.disabled",
    ])
      put(path);
    expect(generalise().warnings).toHaveLength(1);
  });

  it("touches nothing on a mount that is not the image's", () => {
    const paths = ["/etc/machine-id", "/var/log/a.log", "/tmp/x", "/root/.bash_history", "/etc/ssh/ssh_host_rsa_key"];
    for (const path of paths) put(path);
    expect(generaliseImage({ root, ownMounts: [] })).toEqual({ changes: [], warnings: [] });
    for (const path of paths) expect(readFileSync(at(path), "utf8"), path).toBe("x\n");
  });

  it("touches nothing outside the image", () => {
    const outside = mkdtempSync(join(tmpdir(), "outside-"));
    writeFileSync(join(outside, "precious"), "x\n");
    try {
      mkdirSync(at("/var"));
      mkdirSync(at("/etc"));
      symlinkSync(outside, at("/tmp"));
      symlinkSync(outside, at("/var/log"));
      symlinkSync(join(outside, "precious"), at("/etc/machine-id"));
      put("/etc/passwd", `evil:x:1:1::/../..${outside}:/bin/sh\n`);
      writeFileSync(join(outside, ".bash_history"), "x\n");
      put("/home/web/.bash_history");
      generalise();
      expect(readFileSync(join(outside, "precious"), "utf8")).toBe("x\n");
      expect(readFileSync(join(outside, ".bash_history"), "utf8")).toBe("x\n");
      expect(existsSync(at("/home/web/.bash_history"))).toBe(false);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  it("empties no file that has another name, and goes on past what it cannot clean", () => {
    put("/etc/important");
    mkdirSync(at("/var/log"), { recursive: true });
    linkSync(at("/etc/important"), at("/var/log/important.log"));
    writeFileSync(Buffer.concat([Buffer.from(at("/var/log/")), Buffer.from([0xff, 0xfe])]), "x\n");
    const { changes } = generalise();
    expect(readFileSync(at("/etc/important"), "utf8")).toBe("x\n");
    expect(existsSync(at("/var/log/important.log"))).toBe(false);
    expect(changes).toEqual(["logs: /var/log/important.log and 1 more"]);
  });
});
