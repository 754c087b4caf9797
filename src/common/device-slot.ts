/**
 * The names under which the service links volumes: `/dev/sdb` to `/dev/sdz`, `/dev/xvdba` to `/dev/xvdzz`, and so on.
 * @see OUTSCALE API, LinkVolumeRequest.DeviceName
 */
const LINKABLE = /^\/dev\/(?:sd|xvd)[b-z][a-z]?$/;
const SLOT_SERIAL = /^sd[a-z]{1,2}$/;

/** Can a volume be linked under this name? The root's `/dev/sda1` is none of these. */
export function isLinkableName(deviceName: string): boolean {
  return LINKABLE.test(deviceName);
}

/** What tells names apart on a VM: `/dev/sdf`, `/dev/xvdf`, `xvdf` and `sdf1` are all the slot `f`. */
export function slotOf(deviceName: string): string {
  return deviceName
    .replace(/^\/dev\//, "")
    .replace(/^(?:sd|xvd|vd)/, "")
    .replace(/\d+$/, "");
}

/** A disk linked as `/dev/xvdf` or as `/dev/sdf` carries the serial `sdf`. @see outscale/osc-bsu-csi-driver, node.go */
export function serialOf(deviceName: string): string {
  return `sd${slotOf(deviceName)}`;
}

/** Does the serial of a disk name a slot, and so what the disk was linked as? */
export function isSlotSerial(serial: string | undefined): serial is string {
  return serial !== undefined && SLOT_SERIAL.test(serial);
}

/** The link that udev makes of the serial, from `/dev` on. */
export function byIdLink(deviceName: string): string {
  return `disk/by-id/scsi-0QEMU_QEMU_HARDDISK_${serialOf(deviceName)}`;
}
