# A Debian 12 OMI from nothing: an empty volume is partitioned, debootstrap fills it, GRUB makes it bootable.
# Needs the packages debootstrap, fdisk, e2fsprogs and libcap2-bin. On the embedded local cloud, booted under QEMU before it is
# registered:
#
#   outscale-chroot build --local --boot-test examples/from-scratch-debian.pkr.hcl

variable "omi_name" {
  type    = string
  default = "debian-12-from-scratch"
}

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

variable "packages" {
  type        = list(string)
  description = "What is installed besides Debian's minimal base."
  default = [
    "cloud-guest-utils", "cloud-init", "dbus", "grub-pc", "iproute2", "linux-image-cloud-amd64", "openssh-server", "sudo",
    "systemd-resolved", "systemd-sysv",
  ]
}

locals {
  # A small partition for GRUB, which a GPT leaves no room for, and the root.
  bios_boot = "size=1M, type=21686148-6449-6E6F-744E-656564454649, name=bios"
  root      = "type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name=root"
}

source "outscale-chroot" "debian" {
  omi_name         = var.omi_name
  from_scratch     = true
  root_volume_size = 4
  root_device_name = "/dev/sda1"

  omi_block_device_mappings {
    device_name           = "/dev/sda1"
    volume_type           = "gp2"
    delete_on_vm_deletion = true
  }

  pre_mount_commands = [
    "printf 'label: gpt\\n${local.bios_boot}\\n${local.root}\\n' | sfdisk --quiet {{.Device}}",
    "mkfs.ext4 -q -L root {{.Device}}2",
  ]
  mount_partition = "2"
  post_mount_commands = [
    # What went wrong stands in its log, which goes with the volume.
    "debootstrap --variant=minbase bookworm {{.MountPath}} ${var.mirror} || { tail -n 20 {{.MountPath}}/debootstrap/debootstrap.log; exit 1; }",
  ]

  # What has a boot loader must boot: anything doubtful fails the build.
  boot_check = "strict"
}

build {
  sources = ["source.outscale-chroot.debian"]

  provisioner "shell" {
    environment_vars = ["DEBIAN_FRONTEND=noninteractive", "SECURITY_MIRROR=${var.security_mirror}"]
    script           = "${path.root}/files/set-up-apt.sh"
  }

  provisioner "shell" {
    environment_vars = ["DEBIAN_FRONTEND=noninteractive"]
    inline           = ["apt-get install -qy --no-install-recommends ${join(" ", var.packages)}"]
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
