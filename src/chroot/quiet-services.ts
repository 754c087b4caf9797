import { type BorrowedPath, borrowPath, type LoanRecord } from "./borrowed-path.ts";
import type { RootFolder } from "./root-folder.ts";

/** Added to the environment of commands in the image: systemctl enables and disables by links, and starts nothing. */
export const quietEnvironment: Readonly<Record<string, string>> = { SYSTEMD_OFFLINE: "1" };

/** invoke-rc.d of Debian and its kin asks this program before it starts a service. @see policy-rc.d.txt of sysv-rc */
const POLICY_PATH = "/usr/sbin/policy-rc.d";
const POLICY_FORBIDS = 101;
const POLICY = `#!/bin/sh
# Services do not start while this image is built. This file goes when the build is done.
exit ${POLICY_FORBIDS}
`;

/**
 * Keeps package scripts from starting daemons while the image is provisioned. What there was is put back by the
 * `restore` of what is returned, unless provisioning wrote its own.
 * @returns nothing where the image has no `/usr/sbin`
 */
export function quietServices(root: RootFolder, onLoan?: (loan: LoanRecord) => void): BorrowedPath[] {
  if (!root.stat("/usr/sbin")?.isDirectory()) return [];
  return [borrowPath(root, POLICY_PATH, { content: Buffer.from(POLICY), mode: 0o755, uid: 0, gid: 0 }, onLoan)];
}
