import { generatedDataNames } from "../builder/generated-data.ts";
import type { RawConfig } from "../definition/raw-value.ts";
import type { RenderContext } from "../go-template/context.ts";
import type { BuildIdentity } from "./provisioner.ts";

/** A private-use character: no path and no name of a template has it. */
const MARK = "\uE000";

/**
 * What Packer has besides, of the connection to a VM and of its own web server. Nobody has values for them here, where the
 * image is entered with chroot; a template that only Packer builds may still be checked.
 */
const connectionNames = [
  "Host",
  "Port",
  "User",
  "Password",
  "SSHPublicKey",
  "SSHPrivateKey",
  "WinRMPassword",
  "PackerHTTPAddr",
  "PackerHTTPIP",
  "PackerHTTPPort",
];

/** Stands for `build.*` before the build: each value is a mark that {@link isLate} finds wherever it ends up. */
export const placeholderData: Readonly<Record<string, string>> = Object.fromEntries(
  [...generatedDataNames, ...connectionNames].map((name) => [name, markOf(name)]),
);

function markOf(name: string): string {
  return `${MARK}${name}${MARK}`;
}

/** The values of a connection that options use, by options that were made with {@link placeholderData}. */
export function connectionValuesIn(options: RawConfig): readonly string[] {
  const text = JSON.stringify(options);
  return connectionNames.filter((name) => text.includes(markOf(name)));
}

/** Whether a value has something in it that only the build will know, and so cannot be judged yet. */
export function isLate(value: string): boolean {
  return value.includes(MARK);
}

/** What `{{ }}` in the options of a build's provisioners and post-processors reads. */
export function lateContextOf(build: BuildIdentity, data: Readonly<Record<string, string>>): RenderContext {
  return {
    data,
    build: data,
    buildName: build.buildName,
    buildType: build.buildType,
    ...(build.now === undefined ? {} : { now: build.now }),
    ...(build.templatePath === undefined ? {} : { templatePath: build.templatePath }),
    ...(build.userVariables === undefined ? {} : { userVariables: build.userVariables }),
  };
}
