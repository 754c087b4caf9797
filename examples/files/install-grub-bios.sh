#!/bin/sh -eu
# Puts GRUB on the disk that the root is on, for BIOS.

root=$(findmnt --noheadings --nofsroot --output SOURCE /)
grub-install --target=i386-pc "/dev/$(lsblk --noheadings --nodeps --output PKNAME "$root")"
