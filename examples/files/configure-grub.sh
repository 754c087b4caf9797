#!/bin/sh -eu
# Writes the root's line of /etc/fstab and GRUB's configuration, from inside the chroot of a Debian or Ubuntu: the root by
# its UUID, the console on the serial port too.

field() { findmnt --noheadings --nofsroot --output "$1" /; }
uuid=$(grub-probe --target=fs_uuid /)
type=$(field FSTYPE)
case $type in
  ext4) options=errors=remount-ro pass=1 ;;
  btrfs) options=subvol=$(field FSROOT),compress=zstd:1 pass=0 ;;
  *) options=defaults pass=0 ;;
esac
echo "UUID=$uuid / $type $options 0 $pass" >/etc/fstab

cat >/etc/default/grub <<GRUB
GRUB_DEFAULT=0
GRUB_TIMEOUT=1
GRUB_DISTRIBUTOR="$(. /etc/os-release; echo "$NAME")"
GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200"
GRUB_TERMINAL="console serial"
GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
GRUB_DISABLE_OS_PROBER=true
GRUB

mkdir -p /boot/grub
update-grub

# Without /dev/disk/by-uuid, GRUB writes the name that the disk has here, which no VM of the OMI will know.
sed -i "s|root=/dev/[^ ]*|root=UUID=$uuid|" /boot/grub/grub.cfg
