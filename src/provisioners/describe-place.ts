import type { Location } from "../common/location.ts";

/** Where a provisioner or post-processor stands, for messages: `provisioner "shell" (web.pkr.hcl:12)`. */
export function describePlace(
  kind: string,
  { type, location }: { readonly type: string; readonly location: Location },
): string {
  return `${kind} "${type}" (${location.file}:${location.line})`;
}
