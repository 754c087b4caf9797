# A Debian 12 OMI from nothing that boots by UEFI, with or without Secure Boot. As from-scratch-debian.pkr.hcl, but for
# the ESP and the boot loader. Needs the packages debootstrap, fdisk, e2fsprogs, libcap2-bin and dosfstools; ovmf for the boot test.
#
#   outscale-chroot build --local --boot-test examples/debian-uefi.pkr.hcl

variable "omi_name" {
  type    = string
  default = "debian-12-uefi"
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

locals {
  esp  = "size=100M, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=esp"
  root = "type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name=root"
  packages = [
    "cloud-guest-utils", "cloud-init", "dbus", "dosfstools", "grub-efi-amd64", "grub-efi-amd64-signed", "iproute2",
    "linux-image-cloud-amd64", "mtools", "openssh-server", "shim-signed", "sudo", "systemd-resolved", "systemd-sysv",
  ]
}

source "outscale-chroot" "debian" {
  omi_name         = var.omi_name
  omi_boot_modes   = ["uefi"]
  from_scratch     = true
  root_volume_size = 4
  root_device_name = "/dev/sda1"

  omi_block_device_mappings {
    device_name           = "/dev/sda1"
    volume_type           = "gp2"
    delete_on_vm_deletion = true
  }

  pre_mount_commands = [
    "printf 'label: gpt\\n${local.esp}\\n${local.root}\\n' | sfdisk --quiet {{.Device}}",
    "mkfs.vfat -F 32 -n ESP {{.Device}}1",
    "mkfs.ext4 -q -L root {{.Device}}2",
  ]
  mount_partition = "2"
  post_mount_commands = [
    "debootstrap --variant=minbase bookworm {{.MountPath}} ${var.mirror} || { tail -n 20 {{.MountPath}}/debootstrap/debootstrap.log; exit 1; }",
  ]

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
      "${path.root}/files/configure-grub.sh",
      "${path.root}/files/install-grub-uefi.sh",
      "${path.root}/files/make-first-boot.sh",
    ]
  }
}
