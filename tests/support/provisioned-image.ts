import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProvisionInput } from "../../src/builder/hook.ts";
import { ChrootCommunicator } from "../../src/chroot/chroot-communicator.ts";
import { type Sandbox, startSandbox } from "../../src/chroot/sandbox.ts";
import { makeTemporaryFolder } from "../../src/host/temporary-folder.ts";
import { generatedData } from "./provisioning.ts";
import { RecordingUi } from "./recording-ui.ts";

/** An image mounted in a private sandbox, as a build has it, with what provisioners are given. */
export interface ProvisionedImage extends AsyncDisposable {
  /** A folder of the test on the host. */
  readonly folder: string;
  /** The image's files; the mount path itself is empty outside of the sandbox. */
  readonly files: string;
  readonly mountPath: string;
  readonly ui: RecordingUi;
  readonly sandbox: Sandbox;
  readonly input: ProvisionInput;
}

/** @param fill Makes the image's files in a folder */
export async function provisionedImage(fill: (files: string) => Promise<unknown>): Promise<ProvisionedImage> {
  const folder = await mkdtemp(join(tmpdir(), "provisioned-image-"));
  const files = join(folder, "files");
  const mountPath = join(folder, "mount");
  await mkdir(files);
  await mkdir(mountPath);
  await fill(files);
  const sandbox = await startSandbox({ isolation: "private", keepPaths: [folder] });
  await sandbox.run(["mount", "--bind", files, mountPath]);
  const rootPath = sandbox.hostPath(mountPath);
  const ui = new RecordingUi();
  const communicator = new ChrootCommunicator({ runner: sandbox, mountPath, rootPath });
  const data = { ...generatedData, MountPath: mountPath };
  return {
    ...{ folder, files, mountPath, ui, sandbox },
    input: {
      ui,
      communicator,
      data,
      local: sandbox,
      rootPath,
      scriptFolder: "/tmp",
      signal: new AbortController().signal,
      makeTemporaryFolder,
    },
    async [Symbol.asyncDispose]() {
      await sandbox.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The files of a system whose programs are this machine's: {@link bindHostPrograms} brings them in. */
export async function makeRootOfHostPrograms(files: string): Promise<void> {
  for (const name of ["dev", "etc", "proc", "root", "tmp", "usr"]) await mkdir(join(files, name));
  for (const name of ["bin", "lib", "lib64", "sbin"]) await symlink(`usr/${name}`, join(files, name));
  await chmod(join(files, "tmp"), 0o1777);
  await writeFile(join(files, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  await writeFile(join(files, "etc/group"), "root:x:0:\n");
}

/** Makes the programs of this machine run in the image, without being able to change them. */
export async function bindHostPrograms({ sandbox, mountPath }: ProvisionedImage): Promise<void> {
  await sandbox.run(["mount", "--bind", "/usr", join(mountPath, "usr")]);
  await sandbox.run(["mount", "-o", "remount,bind,ro", join(mountPath, "usr")]);
  await sandbox.run(["mount", "--bind", "/dev", join(mountPath, "dev")]);
  await sandbox.run(["mount", "-t", "proc", "proc", join(mountPath, "proc")]);
}
