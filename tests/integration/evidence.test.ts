import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ImageReader } from "../../src/evidence/image-reader.ts";
import { readPackages } from "../../src/evidence/packages/read-packages.ts";
import { type BakeInput, bake, billOfMaterials, DeviceError, diffImages, UsageError } from "../../src/index.ts";
import { exportLocalImage, localCloudStatus, resetLocalCloud } from "../../src/local-cloud/administer-cloud.ts";
import { requirePrograms } from "../support/suite/requirements.ts";
import { RecordingUi } from "../support/terminal/recording-ui.ts";

/** A provisioner that changes one thing of each kind, in an image that has little more than a shell. */
const template = `
source "outscale-chroot" "web" {
  omi_name   = "web"
  boot_check = "off"
  source_omi_filter {
    filters     = { image-name = "Debian-12-*" }
    owners      = ["Outscale"]
    most_recent = true
  }
}
build {
  sources = ["source.outscale-chroot.web"]
  provisioner "shell" {
    inline = [
      "mkdir -p /opt/app /etc/systemd/system/multi-user.target.wants /var/lib/dpkg",
      "dd if=/dev/zero of=/opt/app/data bs=1000 count=300 2>/dev/null",
      "cp /bin/busybox /opt/app/tool && chmod 4755 /opt/app/tool",
      "cp /bin/busybox /opt/app/ping",
      "ln -s /lib/systemd/system/web.service /etc/systemd/system/multi-user.target.wants/web.service",
      "ln -s /etc/hostname /opt/app/host-file",
      "echo 'web:x:1000:1000::/srv:/bin/sh' >> /etc/passwd",
      "printf 'Package: nginx\\\\nStatus: install ok installed\\\\nVersion: 1.22.1-9\\\\nArchitecture: amd64\\\\nInstalled-Size: 100\\\\n' > /var/lib/dpkg/status",
      "printf '<script>' > '/opt/app/odd <name>'",
    ]
  }
  provisioner "shell-local" {
    inline = ["setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 {{build \`MountPath\`}}/opt/app/ping"]
  }
}
`;

const describe = requirePrograms("getfattr", "setfattr", "qemu-img");

describe("evidence of an image", () => {
  let folder: string;
  let cloud: string;
  let input: BakeInput;
  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "evidence-")));
    cloud = join(folder, "cloud");
    const path = join(folder, "web.pkr.hcl");
    await writeFile(path, template);
    const env = { PATH: process.env.PATH, OUTSCALE_CHROOT_STATE: join(folder, "state") };
    input = { template: path, local: { stateFolder: cloud }, env };
  });
  afterAll(async () => {
    await resetLocalCloud(cloud);
    await rm(folder, { recursive: true });
  });

  it("tells what a build has changed, and what two OMIs and their disks differ in", async () => {
    const { builds } = await bake({ ...input, evidence: { diff: true } });
    const [build] = builds;
    expect(build?.error).toBeUndefined();
    const diff = build?.evidence?.diff;
    const changes = diff?.files.list.map(({ path, change }) => `${change} ${path}`);
    const expected = [
      "added /opt/app/data",
      "added /opt/app/tool",
      "added /opt/app/ping",
      "added /opt/app/host-file",
      "added /opt/app/odd <name>",
      "changed /etc/passwd",
      "added /etc/systemd/system/multi-user.target.wants/web.service",
    ];
    expect(changes).toEqual(expect.arrayContaining(expected));
    // Nothing that the build itself puts there for a while, and nothing of what is mounted there.
    const own = changes?.filter((change) => !/ \/(opt|etc\/systemd|etc\/passwd|var\/lib\/dpkg)/.test(change));
    expect(own).toEqual([]);
    expect(diff).toMatchObject({
      packages: { added: [{ manager: "deb", name: "nginx", version: "1.22.1-9" }], removed: [], changed: [] },
      setIdFiles: { added: ["/opt/app/tool 4755 0:0"], removed: [] },
      capabilities: { added: ["/opt/app/ping cap_net_raw=ep"], removed: [] },
      enabledUnits: { added: ["web.service"], removed: [] },
      listeners: { added: ["nginx (HTTP, 80 and 443)"], removed: [] },
      users: { added: [{ name: "web", uid: 1000 }] },
    });
    expect(diff?.partitions).toMatchObject([{ mountPoint: "/", usedBefore: expect.any(Number) }]);

    const { contents } = build?.evidence ?? { contents: { os: undefined, packages: [] } };
    const bill = JSON.parse(await billOfMaterials({ contents, format: "cyclonedx", name: "web" }));
    expect(bill.components).toMatchObject([
      { name: "debian" },
      { purl: "pkg:deb/debian/nginx@1.22.1-9?arch=amd64&distro=debian-12" },
    ]);

    const imageId = build?.artifact?.product.imageId ?? "";
    const data = build?.artifact?.state("generated_data") as { readonly SourceOMIName: string } | undefined;
    const sourceId = data?.SourceOMIName ?? "";
    const ui = new RecordingUi();
    const omis = await diffImages({ images: [sourceId, imageId], local: { stateFolder: cloud }, env: input.env, ui });
    expect(omis.after.name).toBe(`${imageId} (web)`);
    for (const part of ["packages", "setIdFiles", "capabilities", "enabledUnits", "users"] as const) {
      expect(omis[part]).toEqual(diff?.[part]);
    }
    expect(omis.files).toMatchObject({ added: diff?.files.added, changed: diff?.files.changed });

    const [raw, qcow2] = [join(folder, "old.raw"), join(folder, "new.qcow2")];
    await exportLocalImage(cloud, { image: sourceId, disk: raw });
    await exportLocalImage(cloud, { image: imageId, disk: qcow2 });
    const before = await readFile(raw);
    const disks = await diffImages({ images: [raw, qcow2], ui, env: input.env });
    expect(disks.before.name).toBe("old.raw");
    expect({ ...disks.files, folders: [] }).toEqual({ ...omis.files, folders: [] });
    expect((await readFile(raw)).equals(before)).toBe(true);
    // Nothing is left of any of it.
    const { violations } = await localCloudStatus(cloud).catch(() => ({ violations: [] }));
    expect(violations).toEqual([]);
    const loops = execFileSync("losetup", ["--list", "--noheadings", "--output", "BACK-FILE"], { encoding: "utf8" });
    expect(loops).not.toContain(folder);
    expect(await readdir(join(folder, "state", "runs"))).toEqual([]);
  });

  it("refuses what it cannot compare", async () => {
    const ui = new RecordingUi();
    const backed = join(folder, "backed.qcow2");
    execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", "-b", "/etc/passwd", "-F", "raw", backed, "1M"]);
    await writeFile(join(folder, "empty.raw"), Buffer.alloc(1024 ** 2));
    const diff = (a: string, b: string) => diffImages({ images: [a, b], ui, env: input.env });
    await expect(diff(backed, backed)).rejects.toThrow("needs another file");
    await expect(diff(join(folder, "empty.raw"), backed)).rejects.toThrow(DeviceError);
    const onCloud = { images: ["ami-00000000", "none"] as const, local: { stateFolder: cloud }, env: input.env, ui };
    await expect(diffImages(onCloud)).rejects.toThrow(UsageError);
  });

  it("reads the packages that dpkg lists on this machine", async () => {
    const listed = execFileSync(
      "dpkg-query",
      ["-W", "-f", "${db:Status-Status} ${Package} ${Version} ${Architecture}\\n"],
      {
        encoding: "utf8",
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    const installed = listed.split("\n").filter((line) => line.startsWith("installed "));
    const { packages } = await readPackages(new ImageReader("/"));
    const read = packages.filter(({ manager }) => manager === "deb");
    expect(read.map(({ name, version, arch }) => `installed ${name} ${version} ${arch}`).sort()).toEqual(
      installed.sort(),
    );
  });
});

requirePrograms("rpm", "rpmbuild")("rpm's database", () => {
  it("has the packages that rpm lists", async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "evidence-rpm-")));
    try {
      const root = join(folder, "root");
      const spec = join(folder, "tool.spec");
      await writeFile(
        spec,
        "Name: tool\nVersion: 1.5\nRelease: 2\nEpoch: 1\nSummary: A tool\nLicense: MIT AND Apache-2.0\nBuildArch: noarch\n" +
          "%description\nA tool.\n%files\n",
      );
      execFileSync("rpmbuild", ["-bb", "--quiet", "--define", `_topdir ${folder}/build`, spec], { stdio: "ignore" });
      execFileSync("rpm", [
        "--root",
        root,
        "--define",
        "_dbpath /var/lib/rpm",
        "--define",
        "_db_backend sqlite",
        "--initdb",
      ]);
      const rpm = (...argv: string[]) =>
        execFileSync(
          "rpm",
          ["--root", root, "--define", "_dbpath /var/lib/rpm", "--define", "_db_backend sqlite", ...argv],
          {
            encoding: "utf8",
          },
        );
      rpm("-i", "--nodeps", "--ignoreos", join(folder, "build/RPMS/noarch/tool-1.5-2.noarch.rpm"));
      const listed = rpm("-qa", "--qf", "%{NAME} %{EPOCH}:%{VERSION}-%{RELEASE} %{ARCH} %{LICENSE}\\n");
      expect(listed).toBe("tool 1:1.5-2 noarch MIT AND Apache-2.0\n");
      const { packages, notes } = await readPackages(new ImageReader(root));
      expect(
        packages.map(({ name, version, arch, license }) => `${name} ${version} ${arch} ${license}\n`).join(""),
      ).toBe(listed);
      expect(notes).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
