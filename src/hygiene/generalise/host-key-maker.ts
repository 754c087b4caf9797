import type { RootFolder } from "../../chroot/root-folder.ts";

const SSHD = ["/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd", "/usr/sbin/dropbear"];
const UNIT_FOLDERS = ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];
const SCRIPTS = ["/etc/init.d/sshd", "/etc/init.d/ssh", "/etc/init.d/dropbear", "/etc/rc.local", "/etc/conf.d/sshd"];
const MAKES_KEYS = /ssh-keygen|sshd-keygen|dropbearkey|dpkg-reconfigure\s+(?:-\S+\s+)*openssh-server/;
/** `dropbear -R` makes its keys when somebody comes. */
const MAKES_THEM_LATE = /dropbear\b.*\s-R\b/;

/** What such a unit may be called; others are not read. */
const NAMES = /ssh|dropbear|host.?key|first.?boot/i;

/** How an image comes by SSH host keys. */
export interface HostKeyMaker {
  readonly hasServer: boolean;
  /** What makes keys when there are none: a path of the image; undefined when nothing was found that does. */
  readonly maker: string | undefined;
}

/**
 * Whether something makes new host keys when an image starts without them. Debian's openssh-server makes its keys when
 * it is installed, and never again: without cloud-init a VM could not be reached any more.
 */
export function findHostKeyMaker(files: RootFolder): HostKeyMaker {
  const hasServer = SSHD.some((path) => isThere(files, path));
  return { hasServer, maker: cloudInit(files) ?? scripts(files) ?? units(files) };
}

function cloudInit(files: RootFolder): string | undefined {
  const isDisabled = isThere(files, "/etc/cloud/cloud-init.disabled");
  return isDisabled
    ? undefined
    : ["/usr/bin/cloud-init", "/usr/local/bin/cloud-init"].find((path) => isThere(files, path));
}

function scripts(files: RootFolder): string | undefined {
  return SCRIPTS.find((path) => MAKES_KEYS.test(text(files, path)));
}

/** A service that is there and names a program that makes keys, or a drop-in of the server's own. */
function units(files: RootFolder): string | undefined {
  const paths = UNIT_FOLDERS.flatMap((folder) =>
    names(files, folder).flatMap((name) => {
      if (!NAMES.test(name)) return [];
      if (name.endsWith(".service")) return `${folder}/${name}`;
      if (!name.endsWith(".service.d")) return [];
      return names(files, `${folder}/${name}`).map((file) => `${folder}/${name}/${file}`);
    }),
  );
  return paths.find((path) => {
    const content = text(files, path);
    return MAKES_KEYS.test(content) || MAKES_THEM_LATE.test(content);
  });
}

function isThere(files: RootFolder, path: string): boolean {
  try {
    return files.exists(path);
  } catch {
    return false;
  }
}

function text(files: RootFolder, path: string): string {
  try {
    return files.readText(path) ?? "";
  } catch {
    return "";
  }
}

function names(files: RootFolder, path: string): readonly string[] {
  try {
    return files.readdir(path);
  } catch {
    return [];
  }
}
