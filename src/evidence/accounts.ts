import type { ImageReader } from "./image-reader.ts";

/** A user of the image. Of a password only whether there is one: never its hash. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
  readonly password: "set" | "locked" | "empty";
  /** The groups that name it, sorted. */
  readonly groups: readonly string[];
}

const MOST_USERS = 10_000;

/** Sorted by name. @see passwd(5), shadow(5), group(5) */
export function readUsers(image: ImageReader): User[] {
  const hashes = new Map(rows(image.text("/etc/shadow")).map(([name = "", hash = ""]) => [name, hash]));
  const groups = rows(image.text("/etc/group"));
  const users = rows(image.text("/etc/passwd")).map(([name = "", hash = "", uid, gid, , home = "", shell = ""]) => ({
    name,
    uid: Number(uid),
    gid: Number(gid),
    home,
    shell,
    password: passwordState(hash === "x" ? (hashes.get(name) ?? "!") : hash),
    groups: groups
      .flatMap(([group = "", , , members = ""]) => (members.split(",").includes(name) ? [group] : []))
      .sort(),
  }));
  return users.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function passwordState(hash: string): User["password"] {
  if (hash === "") return "empty";
  return hash.startsWith("!") || hash.startsWith("*") ? "locked" : "set";
}

function rows(text: string | undefined): string[][] {
  const lines = (text ?? "").split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.slice(0, MOST_USERS).map((line) => line.split(":"));
}
