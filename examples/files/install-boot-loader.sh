#!/bin/sh -eu
# Makes a Debian image bootable by BIOS, from inside its chroot: GRUB on the disk that the root is on, the root by its
# UUID, the console on the serial port too.

root=$(findmnt --noheadings --output SOURCE /)
disk=/dev/$(lsblk --noheadings --nodeps --output PKNAME "$root")
uuid=$(grub-probe --target=fs_uuid /)

echo "UUID=$uuid / ext4 errors=remount-ro 0 1" >/etc/fstab

cat >/etc/default/grub <<GRUB
GRUB_DEFAULT=0
GRUB_TIMEOUT=1
GRUB_DISTRIBUTOR=Debian
GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200"
GRUB_TERMINAL="console serial"
GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
GRUB_DISABLE_OS_PROBER=true
GRUB

grub-install --target=i386-pc "$disk"
update-grub

# Without /dev/disk/by-uuid, GRUB writes the name that the disk has here, which no VM of the OMI will know.
sed -i "s|root=/dev/[^ ]*|root=UUID=$uuid|" /boot/grub/grub.cfg
