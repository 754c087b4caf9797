import { statSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { messageOf } from "../../common/errors.ts";
import type { ResourceDescriptor } from "../../evidence/provenance/statement.ts";
import { type DigestSet, digestSetOf, isSecretFile } from "./digest-set.ts";

/** What a file is to a build. */
export type InputKind = "template" | "variables" | "read by the template" | "provisioner";

/** A file or folder of this machine that a build is made of. */
export interface InputPath {
  readonly kind: InputKind;
  /** As the template or the user names it, from the working folder. */
  readonly path: string;
  /** Whether it was named by where it is relative to something: then it may lie elsewhere on another machine. */
  readonly isRelative: boolean;
}

/** An input with what is known of its content. */
export interface DigestedInput {
  readonly input: InputPath;
  readonly digest: DigestSet | undefined;
  /** Why there is no digest. */
  readonly problem: string | undefined;
}

/** The folder from which a template's files are named. */
export function baseOf(template: string): string {
  const isFolder = statSync(template, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder ? resolve(template) : dirname(resolve(template));
}

/** A file, as somebody on this machine names it. */
export function inputPath(kind: InputKind, path: string): InputPath {
  return { kind, path, isRelative: !isAbsolute(path) };
}

/** Never rejects: what cannot be read is told of in the result. */
export async function digestInput(input: InputPath, signal: AbortSignal): Promise<DigestedInput> {
  try {
    const digest = await digestSetOf(input.path, signal);
    const isSecret = digest.sha256 !== undefined && (await isSecretFile(input.path));
    if (isSecret) return { input, digest: undefined, problem: "it holds a secret and nothing else" };
    return { input, digest, problem: undefined };
  } catch (error) {
    return { input, digest: undefined, problem: messageOf(error) };
  }
}

/** As it is called in a statement: from the template's folder, if it lies there or was named so. */
export function nameIn(base: string, { path, isRelative }: InputPath): string {
  const absolute = resolve(path);
  const name = relative(base, absolute);
  const isOutside = name === ".." || name.startsWith(`..${sep}`);
  return isOutside && !isRelative ? absolute : name || ".";
}

/** @param changed It is not what it was when the build began */
export function inputDescriptor(base: string, found: DigestedInput, changed: boolean): ResourceDescriptor {
  const { input, digest, problem } = found;
  const name = nameIn(base, input);
  return {
    name,
    ...(digest === undefined ? { uri: `file:${encodeURI(name)}` } : { digest }),
    annotations: {
      kind: input.kind,
      ...(problem !== undefined && { withoutDigest: problem }),
      ...(changed && { changedDuringTheBuild: true }),
    },
  };
}
