import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeCapabilities } from "./capabilities.ts";
import { comparePackageLists } from "./compare-images.ts";
import type { ImageDiff } from "./image-diff.ts";
import { ImageScans } from "./image-scans.ts";
import { parseOsRelease } from "./os-release.ts";
import type { Package } from "./packages/package.ts";
import type { ScanInput } from "./scan-image.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "compare-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string, content = "", mode = 0o644): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
  chmodSync(join(folder, path), mode);
}

function link(path: string, target: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  symlinkSync(target, join(folder, path));
}

function inputOf(name: string, foreignMounts: readonly string[] = []): ScanInput {
  return { root: join(folder, name), mountPoints: ["/"], foreignMounts, files: true };
}

/** What was changed in `a` by somebody. */
async function diffOf(change: () => void, foreignMounts: readonly string[] = []): Promise<ImageDiff> {
  const scans = new ImageScans();
  await scans.scan("before", inputOf("a", foreignMounts));
  change();
  await scans.scan("after", inputOf("a", foreignMounts));
  return scans.compare({ names: ["before", "after"], areBothThere: false });
}

const paths = ({ files }: ImageDiff) => files.list.map(({ path, change, what }) => [change, path, ...what].join(" "));

describe("compareImages()", () => {
  it("tells an image from what it was: files, modes, links, set-ID files, units, users", async () => {
    put("a/etc/same", "same");
    put("a/etc/conf", "one");
    put("a/etc/old", "x".repeat(100));
    put("a/bin/tool", "x", 0o755);
    put("a/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
    put("a/etc/shadow", "root:*:1::::::\n");
    link("a/lib", "usr/lib");
    const diff = await diffOf(() => {
      put("a/etc/conf", "two");
      rmSync(join(folder, "a/etc/old"));
      chmodSync(join(folder, "a/bin/tool"), 0o4755);
      put("a/srv/www/index.html", "y".repeat(1_000));
      rmSync(join(folder, "a/lib"));
      link("a/lib", "usr/lib64");
      link("a/etc/systemd/system/multi-user.target.wants/nginx.service", "/lib/systemd/system/nginx.service");
      put("a/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nweb:x:1000:1000::/srv:/bin/sh\n");
      put("a/etc/shadow", "root:$6$SECRETHASH:1::::::\nweb::1::::::\n");
    });
    expect(paths(diff)).toEqual(
      expect.arrayContaining([
        "added /srv/www/index.html",
        "removed /etc/old",
        "changed /etc/conf content",
        "changed /bin/tool mode 0755 -> 4755",
        "changed /lib target usr/lib -> usr/lib64",
      ]),
    );
    expect(paths(diff).join("\n")).not.toContain("same");
    expect(diff.files).toMatchObject({ added: 2, removed: 1, leftOut: 0 });
    expect(diff.files.bytesAfter - diff.files.bytesBefore).toBeGreaterThan(900);
    expect(diff.files.folders[0]).toMatchObject({ path: "/srv", added: 1, bytes: 1_000 });
    expect(diff.setIdFiles).toEqual({
      added: [`/bin/tool 4755 ${process.getuid?.()}:${process.getgid?.()}`],
      removed: [],
    });
    expect(diff.enabledUnits.added).toEqual(["nginx.service"]);
    expect(diff.users).toMatchObject({
      added: [{ name: "web", uid: 1000, password: "empty" }],
      changed: [{ name: "root", what: ["shell /bin/sh -> /bin/bash", "password locked -> set"] }],
    });
    expect(JSON.stringify(diff)).not.toContain("SECRETHASH");
  });

  it("tells what was only touched from what was written", async () => {
    put("a/x", "same");
    const diff = await diffOf(() => {
      chmodSync(join(folder, "a/x"), 0o600);
      chmodSync(join(folder, "a/x"), 0o644);
    });
    expect(paths(diff)).toEqual([]);
  });

  it("compares bytes of two images where times differ, and believes no time", async () => {
    for (const name of ["a", "b"]) {
      put(`${name}/same`, "same");
      put(`${name}/other`, `it is ${name}`);
      utimesSync(join(folder, name, "other"), 1, 1);
    }
    const scans = new ImageScans();
    await scans.scan("before", inputOf("a"));
    await scans.scan("after", inputOf("b"));
    const diff = await scans.compare({ names: ["a", "b"], areBothThere: true });
    expect(paths(diff)).toEqual(["changed /other content"]);
  });

  it("takes everything for added where there was nothing", async () => {
    put("a/etc/conf", "one");
    const scans = new ImageScans();
    await scans.scanNothing("before", join(folder, "a"));
    await scans.scan("after", inputOf("a"));
    const diff = await scans.compare({ names: ["before", "after"], areBothThere: false });
    expect(paths(diff).sort()).toEqual(["added /etc", "added /etc/conf"]);
  });

  it("leaves no image: neither by a link, nor into what is mounted there, nor for ever down", async () => {
    put("outside/secret");
    put("a/proc/1/environ");
    link("a/out", join(folder, "outside"));
    let deep = "a";
    for (let level = 0; level < 450; level++) deep += "/d";
    mkdirSync(join(folder, deep), { recursive: true });
    const name = Buffer.concat([Buffer.from(join(folder, "a/")), Buffer.from([0xff, 0xfe])]);
    writeFileSync(name, "");
    const scans = new ImageScans();
    await scans.scanNothing("before", join(folder, "a"));
    const { notes } = await scans.scan("after", inputOf("a", ["/proc"]));
    const { files } = await scans.compare({ names: ["before", "after"], areBothThere: false });
    const found = files.list.map(({ path }) => path);
    expect(found).toEqual(expect.arrayContaining(["/out", "/proc", "/\ufffd\ufffd"]));
    expect(found.filter((path) => path.includes("secret") || path.includes("environ"))).toEqual([]);
    expect(notes).toEqual([expect.stringContaining("levels deep")]);
  });
});

describe("comparePackageLists()", () => {
  const deb = (name: string, version: string, arch = "amd64"): Package => ({ manager: "deb", name, version, arch });

  it("tells upgrades from additions, by architecture and for kernels that stand side by side", () => {
    const before = [
      deb("bash", "1"),
      deb("gone", "1"),
      deb("kernel", "5"),
      deb("libc6", "1"),
      deb("libc6", "1", "i386"),
    ];
    const after = [deb("bash", "2"), deb("kernel", "5"), deb("kernel", "6"), deb("libc6", "1"), deb("new", "1")];
    const { added, removed, changed } = comparePackageLists(before, after);
    expect(changed).toEqual([{ manager: "deb", name: "bash", from: "1", to: "2" }]);
    expect(added.map(({ name, version }) => `${name} ${version}`)).toEqual(["kernel 6", "new 1"]);
    expect(removed.map(({ name, arch }) => `${name} ${arch}`)).toEqual(["gone amd64", "libc6 i386"]);
  });
});

describe("describeCapabilities()", () => {
  it("prints them as getcap does", () => {
    const attribute = Buffer.alloc(20);
    attribute.writeUInt32LE(0x02000001);
    attribute.writeUInt32LE(1 << 13, 4);
    expect(describeCapabilities(attribute)).toBe("cap_net_raw=ep");
    expect(describeCapabilities(Buffer.alloc(4))).toBeUndefined();
  });
});

describe("parseOsRelease()", () => {
  it("takes the quotes away", () => {
    const text = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID='12'\n# ID=none\n`;
    expect(parseOsRelease(text)).toMatchObject({
      id: "debian",
      versionId: "12",
      prettyName: "Debian GNU/Linux 12 (bookworm)",
    });
    expect(parseOsRelease("")).toMatchObject({ id: "linux", prettyName: "linux" });
  });
});
