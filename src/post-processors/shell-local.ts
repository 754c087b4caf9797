import { ConfigError } from "../common/errors.ts";
import { hclTypesOf } from "../provisioners/option-types.ts";
import { readOptions } from "../provisioners/read-options.ts";
import { checkShellLocal, renderedLate, shellLocalShape } from "../provisioners/shell-local/options.ts";
import { runLocalScripts } from "../provisioners/shell-local/run-local-scripts.ts";
import type { PostProcessorType } from "./post-processor.ts";

/** Runs scripts on the host when the artifact is there. */
export const shellLocal: PostProcessorType = {
  type: "shell-local",
  hclTypes: hclTypesOf(shellLocalShape),
  prepare(raw, context) {
    const given = readOptions(shellLocalShape, raw, context, renderedLate);
    // Packer's post-processor, unlike its provisioner, takes one string as a line for a shell.
    const isLine = given.executeCommand?.length === 1;
    const options = isLine ? { ...given, executeCommand: ["sh", "-c", ...(given.executeCommand ?? [])] } : given;
    const problems = checkShellLocal(options);
    if (problems.length > 0) throw new ConfigError(problems);
    return {
      async run(_artifact, input) {
        await runLocalScripts(options, input);
        return undefined;
      },
    };
  },
};
