import { createReadStream } from "node:fs";

/** What the handshake and the spec depend on, and no message tells: which Packer has started us. */
export interface CoreKind {
  /** 1.6.6 and before: a handshake of three parts. */
  readonly isOld: boolean;
  /** The core's Go dependencies lie in a folder of its own, which is part of their types' names. */
  readonly isVendored: boolean;
}

/** Set to one of {@link namedKinds} where looking at the core's program gives the wrong answer. */
const CORE_VARIABLE = "OUTSCALE_CHROOT_PACKER_CORE";
const namedKinds: Readonly<Record<string, CoreKind>> = {
  current: { isOld: false, isVendored: false },
  "1.6": { isOld: true, isVendored: false },
  "1.6-debian": { isOld: true, isVendored: true },
};

/** Names of packages that a Go program keeps even when it is stripped. */
const OLD_SDK = "github.com/hashicorp/packer/packer-plugin-sdk/plugin";
const VENDORED = "packer/vendor/github.com/hashicorp/hcl/v2/hcldec";

/**
 * Finds out which kind of core a program is, by the names of packages in it.
 * @param program The parent's executable, `/proc/PPID/exe`; one that cannot be read counts as current
 */
export async function coreKindOf(program: string, env: NodeJS.ProcessEnv): Promise<CoreKind> {
  const named = namedKinds[env[CORE_VARIABLE] ?? ""];
  if (named) return named;
  const [isOld = false, isVendored = false] = await searchFile(program, [OLD_SDK, VENDORED]);
  return { isOld, isVendored };
}

const CHUNK_BYTES = 1024 * 1024;

/** Which of the texts a file holds; it is read once and never whole. */
async function searchFile(path: string, texts: readonly string[]): Promise<boolean[]> {
  const found = texts.map(() => false);
  const longest = Math.max(...texts.map(({ length }) => length));
  let tail = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      const piece = Buffer.concat([tail, chunk]);
      for (const [index, text] of texts.entries()) found[index] ||= piece.includes(text);
      if (found.every(Boolean)) break;
      tail = piece.subarray(Math.max(0, piece.length - longest));
    }
  } catch {
    return found;
  }
  return found;
}
