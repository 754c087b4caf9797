import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProvisionInput } from "../../../src/builder/hook.ts";
import { ChrootCommunicator } from "../../../src/chroot/chroot-communicator.ts";
import type { Container } from "../../../src/chroot/container.ts";
import { type Isolation, type Sandbox, startSandbox } from "../../../src/chroot/sandbox.ts";
import type { CapabilityName } from "../../../src/common/capabilities.ts";
import { unmountBelow } from "../../../src/host/mounts.ts";
import { makeTemporaryFolder } from "../../../src/host/temporary-folder.ts";
import { RecordingUi } from "../terminal/recording-ui.ts";
import { generatedData } from "./provisioning.ts";

/** An image mounted in a private sandbox, as a build has it, with what provisioners are given. */
export interface ProvisionedImage extends AsyncDisposable {
  /** A folder of the test on the host. */
  readonly folder: string;
  /** The image's files; the mount path itself is empty outside of the sandbox. */
  readonly files: string;
  readonly mountPath: string;
  readonly ui: RecordingUi;
  readonly sandbox: Sandbox;
  readonly container: Container;
  readonly input: ProvisionInput;
}

/** What is mounted in an image. */
export type MountsOf = (image: Pick<ProvisionedImage, "sandbox" | "mountPath">) => Promise<unknown>;

export interface ImageOptions {
  readonly isolation?: Isolation;
  /** Mounts more in the image. */
  readonly mount?: MountsOf;
  readonly capabilities?: readonly CapabilityName[];
  readonly nodes?: readonly string[];
}

/** @param fill Makes the image's files in a folder */
export async function provisionedImage(
  fill: (files: string) => Promise<unknown>,
  { isolation = "private", mount, capabilities = [], nodes = ["null", "urandom"] }: ImageOptions = {},
): Promise<ProvisionedImage> {
  const folder = await mkdtemp(join(tmpdir(), "provisioned-image-"));
  const files = join(folder, "files");
  const mountPath = join(folder, "mount");
  await mkdir(files);
  await mkdir(mountPath);
  await fill(files);
  const sandbox = await startSandbox({ isolation, keepPaths: [folder] });
  await sandbox.run(["mount", "--bind", files, mountPath]);
  await mount?.({ sandbox, mountPath });
  const container = await sandbox.startContainer({ mountPath, devices: { nodes, links: [] }, capabilities });
  const { rootPath, shellWords } = container;
  const ui = new RecordingUi();
  const communicator = new ChrootCommunicator({ runner: sandbox, mountPath, container });
  const data = { ...generatedData, MountPath: mountPath };
  return {
    ...{ folder, files, mountPath, ui, sandbox, container },
    input: {
      ui,
      communicator,
      data,
      local: sandbox,
      shellWords,
      rootPath,
      scriptFolder: "/tmp",
      signal: new AbortController().signal,
      makeTemporaryFolder,
      workLog: { done: [], note: () => undefined },
    },
    async [Symbol.asyncDispose]() {
      await sandbox.stopLeftovers({ graceMs: 0 });
      await unmountBelow(mountPath, { view: sandbox.view });
      await sandbox.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The files of a system whose programs are this machine's: {@link bindHostPrograms} brings them in. */
export async function makeRootOfHostPrograms(files: string): Promise<void> {
  for (const name of ["dev", "etc", "mnt", "proc", "root", "sys", "tmp", "usr"]) await mkdir(join(files, name));
  for (const name of ["bin", "lib", "lib64", "sbin"]) await symlink(`usr/${name}`, join(files, name));
  await chmod(join(files, "tmp"), 0o1777);
  await writeFile(join(files, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  await writeFile(join(files, "etc/group"), "root:x:0:\n");
}

/** Makes the programs of this machine run in the image, without being able to change them. */
export async function bindHostPrograms({ sandbox, mountPath }: Parameters<MountsOf>[0]): Promise<void> {
  await sandbox.run(["mount", "--bind", "/usr", join(mountPath, "usr")]);
  await sandbox.run(["mount", "-o", "remount,bind,ro", join(mountPath, "usr")]);
  await sandbox.run(["mount", "--bind", "/dev", join(mountPath, "dev")]);
  await sandbox.run(["mount", "-t", "proc", "proc", join(mountPath, "proc")]);
  await sandbox.run(["mount", "-t", "sysfs", "sysfs", join(mountPath, "sys")]);
}
