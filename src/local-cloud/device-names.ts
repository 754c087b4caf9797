import { Refusal } from "./refusal.ts";

/** `/dev/sdb` to `/dev/sdz`, `/dev/xvdba` to `/dev/xvdzz`, and so on. @see OUTSCALE API, LinkVolumeRequest.DeviceName */
const DEVICE_NAME = /^\/dev\/(?:sd|xvd)([b-z][a-z]?)$/;
export const ROOT_DEVICE_NAME = "/dev/sda1";

/** The letters of a device name. `/dev/sdf` and `/dev/xvdf` are the same slot; the root's is `a`. */
export function deviceSlot(deviceName: string): string {
  return DEVICE_NAME.exec(deviceName)?.[1] ?? "a";
}

/**
 * Refuses a name under which a further volume cannot be linked.
 * @throws {Refusal} `bad-device-name`
 */
export function checkDeviceName(deviceName: string): void {
  if (!DEVICE_NAME.test(deviceName)) {
    throw new Refusal("bad-device-name", `"${deviceName}" is not a device name such as /dev/xvdf`);
  }
}
