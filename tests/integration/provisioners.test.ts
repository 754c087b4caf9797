import { chown, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ProvisionerDefinition } from "../../src/definition/build-definition.ts";
import { templateHook } from "../../src/provisioners/hook.ts";
import { makeBusyboxRoot } from "../support/chroot/fixtures.ts";
import { type ProvisionedImage, provisionedImage } from "../support/provisioners/provisioned-image.ts";
import { build, define } from "../support/provisioners/provisioning.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

requirePrograms(
  "busybox",
  "chroot",
  "unshare",
  "nsenter",
)("provisioners in a chroot", () => {
  let image: ProvisionedImage;
  beforeEach(async () => {
    image = await provisionedImage(makeBusyboxRoot);
  });
  afterEach(() => image[Symbol.asyncDispose]());

  const provision = (...provisioners: ProvisionerDefinition[]) =>
    templateHook({ ...build, provisioners, errorCleanupProvisioner: undefined }).provision(image.input);
  const inImage = (path: string) => readFile(join(image.files, path), "utf8");

  it("shell runs inside the image, with a clean environment, and leaves nothing of its own", async () => {
    process.env.OSC_SECRET_KEY_OF_TEST = "secret";
    try {
      const show = { inline: ["pwd", "id -u", "env"], env: { GREETING: "it's `me` & $you" } };
      await provision(define("shell", show), define("shell", { ...show, use_env_var_file: true }));
    } finally {
      delete process.env.OSC_SECRET_KEY_OF_TEST;
    }
    const lines = image.ui.of("message");
    expect(lines.slice(0, 2)).toEqual(["/", "0"]);
    expect(lines.filter((line) => line === "GREETING=it's `me` & $you")).toHaveLength(2);
    expect(lines.filter((line) => line === "PACKER_BUILD_NAME=debian")).toHaveLength(2);
    expect(lines.join("\n")).not.toContain("OSC_SECRET_KEY");
    expect(await readdir(join(image.files, "tmp"))).toEqual([]);
  });

  it("shell does not wait for a daemon that a script has left", async () => {
    await provision(define("shell", { inline: ["sleep 600 &", "echo done"] }));
    expect(image.ui.of("message")).toEqual(["done"]);
    // Whether it is a sleep by now or still the shell that becomes one, nobody knows.
    expect(await image.sandbox.stopLeftovers()).toHaveLength(1);
  });

  it("shell stops all that a script has started when its timeout passes", async () => {
    const slow = define("shell", { inline: ["sleep 600 & sleep 601"] }, { timeoutMs: 1_000 });
    await expect(provision(slow)).rejects.toThrow("did not end within 1s");
    expect(await readdir(join(image.files, "tmp"))).toEqual([]);
  });

  it.each<[string, Record<string, unknown>]>([
    ["its script", {}],
    ["its variables too", { use_env_var_file: true, env: { TOKEN: "top-secret" } }],
    ["a script at a place of the user's", { remote_path: "/tmp/mine.sh" }],
  ])("shell leaves nothing below what it has mounted over /tmp: %s", async (_what, options) => {
    await image[Symbol.asyncDispose]();
    image = await provisionedImage(makeBusyboxRoot, { capabilities: ["SYS_ADMIN"] });
    await provision(define("shell", { inline: ["mount -t tmpfs none /tmp", "echo x > /tmp/kept"], ...options }));
    expect(await readdir(join(image.files, "tmp"))).toEqual([]);
  });

  it("shell removes no folder of the image's that a template names as its script", async () => {
    const failing = provision(define("shell", { inline: ["true"], remote_path: "/etc/" }));
    await expect(failing).rejects.toMatchObject({ code: "E_PROVISION" });
    expect(await readdir(join(image.files, "etc"))).toContain("passwd");
  });

  it("file gives what is new to root, or to the same numbers when it is asked to", async () => {
    const source = join(image.folder, "rootfs");
    await mkdir(join(source, "etc/cron.d"), { recursive: true });
    await writeFile(join(source, "etc/cron.d/job"), "");
    await writeFile(join(image.folder, "single"), "");
    for (const path of ["etc", "etc/cron.d", "etc/cron.d/job", "../single"])
      await chown(join(source, path), 1000, 1001);
    const ownerOf = async (path: string) => {
      const { uid, gid } = await stat(join(image.files, path));
      return `${uid}:${gid}`;
    };
    for (const [keep_owner, owner] of [
      [false, "0:0"],
      [true, "1000:1001"],
    ] as const) {
      const options = { source: `${source}/`, destination: `/srv-${keep_owner}`, keep_owner };
      await provision(define("file", options));
      const single = { source: join(image.folder, "single"), destination: `/single-${keep_owner}`, keep_owner };
      await provision(define("file", single));
      const places = [`srv-${keep_owner}/etc/cron.d`, `srv-${keep_owner}/etc/cron.d/job`, `single-${keep_owner}`];
      expect(await Promise.all(places.map(ownerOf))).toEqual([owner, owner, owner]);
    }
  });

  it("file keeps to the image whatever its links say", async () => {
    await symlink("/run", join(image.files, "var/run"));
    const source = join(image.folder, "app.conf");
    await writeFile(source, "x=1\n", { mode: 0o640 });
    await provision(define("file", { source, destination: "/var/run/app.conf" }));
    expect(await inImage("run/app.conf")).toBe("x=1\n");
    expect((await stat(join(image.files, "run/app.conf"))).mode & 0o777).toBe(0o640);
    await expect(stat("/run/app.conf")).rejects.toThrow("ENOENT");
  });

  it("file moves folders by the rule of the trailing slash, both ways, and patterns out", async () => {
    const source = join(image.folder, "foo");
    await mkdir(join(source, "sub"), { recursive: true });
    await writeFile(join(source, "sub/a.log"), "a");
    const out = join(image.folder, "out");
    await provision(
      define("file", { source, destination: "/tmp" }),
      define("file", { source: `${source}/`, destination: "/root" }),
      define("file", { direction: "download", source: "/tmp/foo/", destination: join(out, "folder") }),
      define("file", { direction: "download", source: "/tmp/foo/sub/*.log", destination: `${out}/` }),
    );
    expect(await inImage("tmp/foo/sub/a.log")).toBe("a");
    expect(await inImage("root/sub/a.log")).toBe("a");
    expect(await readFile(join(out, "folder/sub/a.log"), "utf8")).toBe("a");
    expect(await readFile(join(out, "a.log"), "utf8")).toBe("a");
  });

  it("moves links in an archive, as Packer's documentation shows", async () => {
    const files = join(image.folder, "files-to-upload");
    const upload = join(image.folder, "toupload");
    await mkdir(files);
    await mkdir(upload);
    await writeFile(join(files, "file1"), "1");
    await symlink("file1", join(files, "file1link"));
    await provision(
      define("shell-local", { command: `tar cf ${upload}/files.tar -C ${image.folder} files-to-upload` }),
      define("file", { destination: "/tmp/", source: upload }),
      define("shell", { inline: ["cd /tmp && tar xf toupload/files.tar", "rm toupload/files.tar"] }),
    );
    expect(await readlink(join(image.files, "tmp/files-to-upload/file1link"))).toBe("file1");
    expect(await readdir(join(image.files, "tmp/toupload"))).toEqual([]);
  });

  it("file says so when the destination is a folder without a trailing slash", async () => {
    const options = { content: "x", destination: "/tmp" };
    await expect(provision(define("file", options))).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/folder|directory/) },
    });
  });

  it("shell-local sees the mounted image at build.MountPath, which is private to the build", async () => {
    const write = define("shell-local", (data) => ({ inline: [`echo yes > ${data.MountPath}/etc/from-outside`] }));
    await provision(write, define("shell", { inline: ["cat /etc/from-outside"] }));
    expect(image.ui.of("message")).toEqual(["yes"]);
    expect(await readdir(image.mountPath)).toEqual([]);
  });

  it("runs the error-cleanup provisioner in the image that has failed", async () => {
    const hook = templateHook({
      ...build,
      provisioners: [define("shell", { inline: ["echo broken > /etc/state; exit 1"] })],
      errorCleanupProvisioner: define("shell", { inline: ["cat /etc/state"] }),
    });
    await expect(hook.provision(image.input)).rejects.toThrow('provisioner "shell" (debian.pkr.hcl:12) failed');
    await hook.cleanupProvision?.(image.input);
    expect(image.ui.of("message")).toEqual(["broken"]);
  });
});
