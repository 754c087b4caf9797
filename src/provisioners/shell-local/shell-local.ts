import { defineProvisioner } from "../define-provisioner.ts";
import { filesOfScripts } from "../scripts.ts";
import { checkShellLocal, renderedLate, shellLocalShape } from "./options.ts";
import { runLocalScripts } from "./run-local-scripts.ts";

/** Runs scripts on the host, where `build.MountPath` is the image. */
export const shellLocal = defineProvisioner({
  type: "shell-local",
  options: shellLocalShape,
  rendersItself: renderedLate,
  check: checkShellLocal,
  localFiles: filesOfScripts,
  run: runLocalScripts,
  notCounted: ["script", "scripts"],
});
