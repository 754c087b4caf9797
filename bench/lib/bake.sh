#!/bin/bash
# The least that a bake is: the calls, the mounts and one command in the image, by bash and curl, without a check, a journal or
# a sandbox. What it takes is the limit for programs that do more. Usage: bake.sh SOURCE_SNAPSHOT NAME, the cloud in the
# environment. It stops at the first failure and leaves what it has made.
set -euo pipefail
snapshot=$1 name=$2 mnt=$BENCH_FOLDER/reference
call() {
  curl -sf --aws-sigv4 "aws:amz:$OSC_REGION:oapi" -u "$OSC_ACCESS_KEY:$OSC_SECRET_KEY" -H 'Content-Type: application/json' \
    -d "$2" "$OSC_ENDPOINT_API/$1"
}
field() { grep -oE "\"$1\": ?\"[^\"]*\"" | head -1 | cut -d'"' -f4; }
# until ACTION REQUEST TEXT: reads until the answer has the text, or has it no longer with `!`.
until_is() {
  local answer
  while answer=$(call "$1" "$2"); do
    if [ "${3:0:1}" = ! ]; then grep -q "${3:1}" <<<"$answer" || return 0; else grep -q "$3" <<<"$answer" && return 0; fi
    sleep 0.05
  done
}
vm=$(curl -sf "$OUTSCALE_CHROOT_METADATA_ENDPOINT/latest/meta-data/instance-id")
subregion=$(call ReadVms "{\"Filters\":{\"VmIds\":[\"$vm\"]}}" | field SubregionName)
volume=$(call CreateVolume "{\"SubregionName\":\"$subregion\",\"SnapshotId\":\"$snapshot\"}" | field VolumeId)
own="{\"Filters\":{\"VolumeIds\":[\"$volume\"]}}"
until_is ReadVolumes "$own" available
call LinkVolume "{\"VolumeId\":\"$volume\",\"VmId\":\"$vm\",\"DeviceName\":\"/dev/xvdf\"}" >/dev/null
until_is ReadVolumes "$own" attached
until [ -b "$OUTSCALE_CHROOT_DEVICE_FOLDER/xvdf1" ]; do sleep 0.02; done
mkdir -p "$mnt"
mount "$OUTSCALE_CHROOT_DEVICE_FOLDER/xvdf1" "$mnt"
mount -t proc proc "$mnt/proc"; mount -t sysfs sysfs "$mnt/sys"; mount --bind /dev "$mnt/dev"
chroot "$mnt" /bin/sh -c 'echo baked > /etc/motd'
umount "$mnt/dev" "$mnt/sys" "$mnt/proc" "$mnt"
call UnlinkVolume "{\"VolumeId\":\"$volume\"}" >/dev/null
until_is ReadVolumes "$own" available
new=$(call CreateSnapshot "{\"VolumeId\":\"$volume\"}" | field SnapshotId)
until_is ReadSnapshots "{\"Filters\":{\"SnapshotIds\":[\"$new\"]}}" completed
call DeleteVolume "{\"VolumeId\":\"$volume\"}" >/dev/null
image=$(call CreateImage "{\"ImageName\":\"$name\",\"RootDeviceName\":\"/dev/sda1\",\"BlockDeviceMappings\":[{\"DeviceName\":\"/dev/sda1\",\"Bsu\":{\"SnapshotId\":\"$new\"}}]}" | field ImageId)
until_is ReadImages "{\"Filters\":{\"ImageIds\":[\"$image\"]}}" available
