import type { Access } from "./access.ts";
import type { ResolvedAccess } from "./credentials.ts";

/** Told what the user should know of how credentials were found. */
export type OnNotice = (message: string) => void;

/** Tells what the user should know of an access, and hands it on. */
export function tellNotices({ access, notices }: ResolvedAccess, onNotice: OnNotice | undefined): Access {
  for (const notice of notices) onNotice?.(notice);
  return access;
}

/** Tells each notice once: a command looks into the same environment for several purposes. */
export function eachNoticeOnce(onNotice: OnNotice): OnNotice {
  const told = new Set<string>();
  return (notice) => {
    if (told.has(notice)) return;
    told.add(notice);
    onNotice(notice);
  };
}
