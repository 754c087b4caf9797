import { generatedDataNames } from "../builder/generated-data.ts";
import type { RenderContext } from "../go-template/context.ts";
import type { BuildIdentity } from "./provisioner.ts";

/** A private-use character: no path and no name of a template has it. */
const MARK = "\uE000";

/** Stands for `build.*` before the build: each value is a mark that {@link isLate} finds wherever it ends up. */
export const placeholderData: Readonly<Record<string, string>> = Object.fromEntries(
  generatedDataNames.map((name) => [name, `${MARK}${name}${MARK}`]),
);

/** Whether a value has something in it that only the build will know, and so cannot be judged yet. */
export function isLate(value: string): boolean {
  return value.includes(MARK);
}

/** What `{{ }}` in the options of a build's provisioners and post-processors reads. */
export function renderContextOf(build: BuildIdentity, data: Readonly<Record<string, string>>): RenderContext {
  return {
    data,
    build: data,
    buildName: build.buildName,
    buildType: build.buildType,
    ...(build.templatePath === undefined ? {} : { templatePath: build.templatePath }),
    ...(build.userVariables === undefined ? {} : { userVariables: build.userVariables }),
  };
}
