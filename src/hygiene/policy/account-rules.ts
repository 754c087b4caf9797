import type { ImageReader } from "../../evidence/image-reader.ts";
import type { PolicyFinding } from "./finding.ts";

const MOST_USERS = 10_000;

/**
 * Passwords of users. Any that opens an account is a finding: an image's is the same in all of its VMs, so that it is a
 * default one, however good.
 * @see shadow(5), crypt(5)
 */
export function findPasswords(image: ImageReader): readonly PolicyFinding[] {
  const shadow = rows(image.text("/etc/shadow"));
  const inShadow = shadow.map(([name = "", hash = ""]) => ({ file: "/etc/shadow", name, hash }));
  const passwd = rows(image.text("/etc/passwd")).map(([name = "", hash = ""]) => ({ file: "/etc/passwd", name, hash }));
  return [...inShadow, ...passwd.filter(({ hash }) => hash !== "x")].flatMap(({ file, name, hash }) => {
    const detail = weaknessOf(hash);
    return detail === undefined ? [] : { rule: "password", path: `${file}#${name}`, detail };
  });
}

function weaknessOf(hash: string): string | undefined {
  if (hash === "") return "none is needed";
  if (/^[!*]/.test(hash)) return undefined; // locked
  if (/^\$[0-9a-z]+\$/.test(hash)) return "a password is set";
  if (/^(?:[./0-9A-Za-z]{13}|_[./0-9A-Za-z]{19})$/.test(hash)) return "a password is set, hashed by DES";
  return "it is not a hash: nobody can log in with it, and it may be the password itself";
}

function rows(text: string | undefined): string[][] {
  const lines = (text ?? "").split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.slice(0, MOST_USERS).map((line) => line.split(":"));
}

/** Ids by which a machine is known, and which systemd or D-Bus would make anew. @see machine-id(5) */
export function findMachineIds(image: ImageReader): readonly PolicyFinding[] {
  const id = image.text("/etc/machine-id")?.trim() ?? "";
  const findings: PolicyFinding[] = [];
  if (id !== "" && id !== "uninitialized") findings.push({ rule: "machine-id", path: "/etc/machine-id" });
  const isLink = isLinked(image, "/var/lib/dbus/machine-id");
  if (!isLink && image.hasContent("/var/lib/dbus/machine-id")) {
    findings.push({ rule: "machine-id", path: "/var/lib/dbus/machine-id" });
  }
  return findings;
}

function isLinked(image: ImageReader, path: string): boolean {
  try {
    return image.folder.lstat(path)?.isSymbolicLink() ?? false;
  } catch {
    return false;
  }
}
