# Two Debian 12 OMIs from nothing, one with its root on XFS and one on btrfs, from one source: a build may change what
# its source says. Needs the packages debootstrap, fdisk, xfsprogs and btrfs-progs.
#
#   outscale-chroot build --local --boot-test -only='*.btrfs' examples/file-systems.pkr.hcl

variable "mirror" {
  type        = string
  description = "Where the packages come from; Debian's own servers when empty."
  default     = ""
}

variable "security_mirror" {
  type        = string
  description = "Where security updates come from; beside the mirror when empty."
  default     = ""
}

locals {
  # A small partition for GRUB, which a GPT leaves no room for, and the root.
  bios_boot = "size=1M, type=21686148-6449-6E6F-744E-656564454649, name=bios"
  root      = "type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name=root"
  partition = "printf 'label: gpt\\n${local.bios_boot}\\n${local.root}\\n' | sfdisk --quiet {{.Device}}"
  packages = [
    "btrfs-progs", "cloud-guest-utils", "cloud-init", "dbus", "grub-pc", "iproute2", "linux-image-cloud-amd64",
    "openssh-server", "sudo", "systemd-resolved", "systemd-sysv", "xfsprogs",
  ]
}

source "outscale-chroot" "debian" {
  from_scratch     = true
  root_volume_size = 4
  root_device_name = "/dev/sda1"

  omi_block_device_mappings {
    device_name           = "/dev/sda1"
    volume_type           = "gp2"
    delete_on_vm_deletion = true
  }

  mount_partition = "2"
  post_mount_commands = [
    "debootstrap --variant=minbase bookworm {{.MountPath}} ${var.mirror} || { tail -n 20 {{.MountPath}}/debootstrap/debootstrap.log; exit 1; }",
  ]

  boot_check = "strict"
}

build {
  source "source.outscale-chroot.debian" {
    name     = "xfs"
    omi_name = "debian-12-xfs"
    # Without a feature that newer xfsprogs turn on, and Debian 12's GRUB cannot read.
    pre_mount_commands = [
      local.partition,
      "mkfs.xfs -q -L root -i nrext64=0 {{.Device}}2",
    ]
  }

  source "source.outscale-chroot.debian" {
    name     = "btrfs"
    omi_name = "debian-12-btrfs"
    # The root lies in a subvolume, so that snapshots can stand beside it.
    pre_mount_commands = [
      local.partition,
      "mkfs.btrfs -q -L root {{.Device}}2",
      "mount {{.Device}}2 /mnt && btrfs subvolume create /mnt/@ && umount /mnt",
    ]
    mount_options = ["subvol=@", "compress=zstd:1"]
  }

  provisioner "shell" {
    environment_vars = ["DEBIAN_FRONTEND=noninteractive", "SECURITY_MIRROR=${var.security_mirror}"]
    script           = "${path.root}/files/set-up-apt.sh"
  }

  provisioner "shell" {
    environment_vars = ["DEBIAN_FRONTEND=noninteractive"]
    inline           = ["apt-get install -qy --no-install-recommends ${join(" ", local.packages)}"]
  }

  provisioner "file" {
    content     = "[Match]\nName=en* eth*\n\n[Network]\nDHCP=yes\n"
    destination = "/etc/systemd/network/80-dhcp.network"
  }

  provisioner "file" {
    content     = "network: { config: disabled }\n"
    destination = "/etc/cloud/cloud.cfg.d/80-networkd.cfg"
  }

  provisioner "shell" {
    scripts = [
      "${path.root}/files/install-grub-bios.sh",
      "${path.root}/files/configure-grub.sh",
      "${path.root}/files/make-first-boot.sh",
    ]
  }
}
