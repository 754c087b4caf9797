import { spawn } from "node:child_process";
import { hostEnvironment } from "../host/host-environment.ts";
import { locateProgram } from "../host/program-path.ts";
import { fdPathForChildren } from "./openat.ts";

/** A tree with more than this is one where nearly every file has some: then all are looked at. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** Every file has one where SELinux is on, and they are not copied. */
const LABEL = "security.selinux";

/** A search for the entries of a tree that have extended attributes. */
export interface AttributedPaths {
  /** Relative to the tree, as bytes, the tree itself as an empty text; `undefined` when it cannot be said. */
  readonly found: Promise<ReadonlySet<string> | undefined>;
  /** Ends the search where it is, and waits until its process has gone. */
  stop(): Promise<void>;
}

/**
 * Starts to look for them, in a process beside the copying. It goes by paths, so whoever can change the tree can mislead
 * it: what it finds says where to look, and never what is there.
 * @param folder An open folder
 */
export function findAttributedPaths(folder: number): AttributedPaths {
  const tree = `${fdPathForChildren(folder)}/.`;
  const getfattr = ["getfattr", "--recursive", "--physical", "--no-dereference", "--match=-", "--absolute-names"];
  // It ends with the thread that has started it.
  const argv = ["--pdeathsig", "KILL", "--", ...getfattr, "--", tree];
  const child = spawn(locateProgram("setpriv"), argv, { env: hostEnvironment(), stdio: ["ignore", "pipe", "ignore"] });
  const chunks: Buffer[] = [];
  let bytes = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_OUTPUT_BYTES) child.kill("SIGKILL");
    else chunks.push(chunk);
  });
  const found = new Promise<ReadonlySet<string> | undefined>((resolve) => {
    child.once("error", () => resolve(undefined));
    child.once("close", (code) => {
      resolve(code === 0 ? parsePaths(Buffer.concat(chunks).toString("latin1"), tree) : undefined);
    });
  });
  const stop = async () => {
    child.kill("SIGKILL");
    await found;
  };
  return { found, stop };
}

/**
 * The paths of a listing that have more than a label.
 * @param listing Of getfattr, one character for each byte
 * @param tree As it was named to getfattr
 * @see getfattr(1)
 */
export function parsePaths(listing: string, tree: string): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const block of listing.split("\n\n")) {
    const [header = "", ...names] = block.split("\n").filter((line) => line !== "");
    if (names.every((name) => name === LABEL)) continue;
    const path = unquote(header.replace(/^# file: /, ""));
    paths.add(path.slice(tree.length + 1));
  }
  return paths;
}

/** What would break a line, and a backslash, is written as `\012`. */
function unquote(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
