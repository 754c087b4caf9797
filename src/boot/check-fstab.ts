import { unescapeOctal } from "../host/mountinfo.ts";
import { checkDeviceReference, type ImageDevices } from "./device-reference.ts";
import type { Finding } from "./finding.ts";

/**
 * Checks that what an fstab mounts is in the image. systemd waits for a missing device and then starts the emergency
 * shell, except for swap and for entries with `nofail` or `noauto`.
 *
 * @see fstab(5), systemd.mount(5)
 */
export function checkFstab(text: string, devices: ImageDevices): Finding[] {
  return text.split("\n").flatMap((line, index) => {
    const [source, , type, options = ""] = line.trim().split(/\s+/).map(unescapeOctal);
    if (!source || source.startsWith("#")) return [];
    const problem = checkDeviceReference(source, devices);
    if (!problem) return [];
    const isOptional =
      type === "swap" || options.split(",").some((option) => option === "nofail" || option === "noauto");
    return [{ ...problem, severity: isOptional ? "warning" : problem.severity, where: `/etc/fstab:${index + 1}` }];
  });
}
