#!/bin/sh -eu
# Puts shim and GRUB on the ESP, the first partition, for UEFI with or without Secure Boot: both signed, at the path that
# firmware takes without an entry of its own. mtools writes to the ESP without mounting it: this VM's kernel needs no vfat.

root=$(findmnt --noheadings --nofsroot --output SOURCE /)
esp=${root%[0-9]*}1
uuid=$(grub-probe --target=fs_uuid /)

stub=$(mktemp)
cat >"$stub" <<GRUB
search.fs_uuid $uuid root
set prefix=(\$root)/boot/grub
configfile \$prefix/grub.cfg
GRUB

mmd -i "$esp" ::/EFI ::/EFI/BOOT ::/EFI/debian
mcopy -i "$esp" /usr/lib/shim/shimx64.efi.signed ::/EFI/BOOT/BOOTX64.EFI
mcopy -i "$esp" /usr/lib/shim/mmx64.efi.signed ::/EFI/BOOT/mmx64.efi
mcopy -i "$esp" /usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed ::/EFI/BOOT/grubx64.efi
mcopy -i "$esp" "$stub" ::/EFI/debian/grub.cfg
rm "$stub"

# Where the ESP is mounted in a VM, updates of these packages renew what lies there.
mkdir -p /boot/efi
echo "UUID=$(blkid --probe --match-tag UUID --output value "$esp") /boot/efi vfat umask=0077 0 1" >>/etc/fstab
debconf-set-selections <<DEBCONF
grub-efi-amd64 grub2/force_efi_extra_removable boolean true
grub-efi-amd64 grub2/update_nvram boolean false
DEBCONF
