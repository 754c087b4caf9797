import { isLinkableName } from "../common/device-slot.ts";
import { Refusal } from "./refusal.ts";

export const ROOT_DEVICE_NAME = "/dev/sda1";

/**
 * Refuses a name under which a further volume cannot be linked.
 * @throws {Refusal} `bad-device-name`
 */
export function checkDeviceName(deviceName: string): void {
  if (!isLinkableName(deviceName)) {
    throw new Refusal("bad-device-name", `"${deviceName}" is not a device name such as /dev/xvdf`);
  }
}
