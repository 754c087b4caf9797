import { mkdirSync, readFileSync, rmdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { mountIdOf, openFolder, usingFd } from "../../src/chroot/openat.ts";
import { removeTree } from "../../src/chroot/remove-tree.ts";
import { generaliseImage } from "../../src/hygiene/generalise/generalise-image.ts";
import { Cleanup, run, tempFolder } from "../support/chroot/fixtures.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("mount", "umount");
const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** What is cleaned, below each folder that may be bound. */
const cleaned: Readonly<Record<string, readonly string[]>> = {
  "/etc": ["machine-id", "ssh/ssh_host_rsa_key", "udev/rules.d/70-persistent-net.rules"],
  "/root": [".bash_history", ".local/share/fish/fish_history"],
  "/home": ["web/.bash_history", "web/.local/share/fish/fish_history"],
  "/srv": ["deep/pg/.psql_history"],
  "/tmp": ["x", "a/b/c"],
  "/var": ["log/journal/0123/system.journal", "log/syslog", "log/syslog.1", "tmp/x", "lib/cloud/instances/i-1/x"],
  "/var/log": ["journal/0123/system.journal", "syslog", "syslog.1", "apt/history.log"],
  "/var/lib": ["systemd/random-seed", "dbus/machine-id", "dhcp/dhclient.leases", "NetworkManager/secret_key"],
};

describe("what is bound into an image from this machine", () => {
  let root: string;
  let outside: string;
  const put = (path: string, content = "precious\n") => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  };
  const bind = async (source: string, target: string) => {
    await run("mount", ["--bind", source, target]);
    cleanup.add(async () => void (await run("umount", ["--", target])));
  };
  const generalise = () => generaliseImage({ root, ownMounts: [usingFd(openFolder(root), mountIdOf)] });
  const expectWhole = (paths: readonly string[]) => {
    for (const path of paths) expect(readFileSync(path, "utf8"), path).toBe("precious\n");
  };

  beforeEach(async () => {
    root = await tempFolder(cleanup);
    outside = await tempFolder(cleanup);
  });

  it.each(Object.entries(cleaned))("generaliseImage() leaves what is in %s, and below it", async (folder, names) => {
    const paths = names.map((name) => join(outside, name));
    for (const path of paths) put(path);
    put(join(root, "etc/passwd"), "pg:x:1:1::/srv/deep/pg:/bin/sh\n");
    if (folder === "/etc") put(join(outside, "passwd"), "pg:x:1:1::/srv/deep/pg:/bin/sh\n");
    mkdirSync(join(root, folder), { recursive: true });
    await bind(outside, join(root, folder));
    expect(generalise()).toEqual({ changes: [], warnings: [] });
    expectWhole(paths);
  });

  it("generaliseImage() leaves it where its place has a name that is no UTF-8", async () => {
    const name = Buffer.from([0xff]);
    const place = Buffer.concat([Buffer.from(`${root}/`), name]);
    mkdirSync(place);
    cleanup.add(() => rmdirSync(place));
    symlinkSync(name, join(root, "root"));
    put(join(outside, ".bash_history"));
    await bind(outside, join(root, "root"));
    expect(generalise()).toEqual({ changes: [], warnings: [] });
    expectWhole([join(outside, ".bash_history")]);
  });

  it.each(["folder", "file"])("removeTree() leaves a %s that is bound deep in what it removes", async (kind) => {
    const [precious, target] = [join(outside, "precious"), join(root, "tmp/a/b")];
    put(precious);
    if (kind === "file") put(target, "");
    else mkdirSync(target, { recursive: true });
    await bind(kind === "file" ? precious : outside, target);
    const remove = () => usingFd(openFolder(root), (fd) => removeTree(fd, "tmp"));
    expect(remove).toThrow(expect.objectContaining({ code: "EBUSY" }));
    expectWhole([precious]);
    expect(generalise().warnings).toEqual([expect.stringContaining("/tmp/a")]);
    expectWhole([precious]);
  });
});
