import { posix } from "node:path";
import { messageOf } from "../../common/errors.ts";
import type { RenderContext } from "../../go-template/context.ts";
import { references } from "../../go-template/references.ts";
import { renderOnce } from "../../go-template/render.ts";
import type { CheckedOptions } from "../schema.ts";
import type { Findings } from "./findings.ts";

/** Folders of the host that a mount would hide from everything else that runs there. */
const HOST_FOLDERS = new Set(
  "/ /bin /boot /dev /etc /home /lib /lib64 /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp /usr /var".split(
    " ",
  ),
);

/** How the image is mounted and entered. */
export function checkChroot(options: CheckedOptions, context: RenderContext, findings: Findings): void {
  checkMountPath(options.mount_path, context, findings);
  if (!usesCommand(options.command_wrapper)) {
    findings.problem("command_wrapper", "does not use {{.Command}}, so no command would ever run");
  }
  options.chroot_mounts.forEach(({ fsType, source, target }, index) => {
    const path = `chroot_mounts[${index}]`;
    if (!isCleanPath(target)) findings.problem(path, `must have an absolute path as target, not "${target}"`);
    if (fsType === "bind" && !posix.isAbsolute(source)) {
      findings.problem(path, `must have an absolute path as source of a bind mount, not "${source}"`);
    }
  });
  for (const name of Object.keys(options.chroot_environment)) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) continue;
    findings.problem("chroot_environment", `has "${name}", which cannot be the name of a variable`);
  }
}

function usesCommand(wrapper: string): boolean {
  try {
    return references(wrapper).fields.includes("Command");
  } catch {
    return true; // its syntax is a problem of its own, and has been told
  }
}

function checkMountPath(template: string, context: RenderContext, findings: Findings): void {
  let path: string;
  try {
    path = renderOnce(template, { ...context, data: { Device: "xvdf" } });
  } catch (error) {
    findings.problem("mount_path", messageOf(error));
    return;
  }
  if (!isCleanPath(path)) {
    findings.problem("mount_path", `must be an absolute path without "..", not "${path}"`);
  } else if (HOST_FOLDERS.has(posix.normalize(path).replace(/(.)\/$/, "$1")) || /^\/(dev|proc|sys)\//.test(path)) {
    findings.problem("mount_path", `must not be a folder that this VM itself needs: "${path}"`);
  }
}

function isCleanPath(path: string): boolean {
  return posix.isAbsolute(path) && !path.split("/").includes("..");
}
