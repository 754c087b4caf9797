# An Ubuntu 24.04 OMI from nothing. Needs the packages debootstrap, fdisk, e2fsprogs and libcap2-bin, and the keys that are in Ubuntu's package
# ubuntu-keyring; the variable "keyring" says where they are.
#
#   outscale-chroot build --local --boot-test examples/ubuntu.pkr.hcl

variable "omi_name" {
  type    = string
  default = "ubuntu-24.04-from-scratch"
}

variable "suite" {
  type    = string
  default = "noble"
}

variable "mirror" {
  type    = string
  default = "http://archive.ubuntu.com/ubuntu"
}

variable "security_mirror" {
  type    = string
  default = "http://security.ubuntu.com/ubuntu"
}

variable "keyring" {
  type    = string
  default = "/usr/share/keyrings/ubuntu-archive-keyring.gpg"
}

locals {
  # A small partition for GRUB, which a GPT leaves no room for, and the root.
  bios_boot = "size=1M, type=21686148-6449-6E6F-744E-656564454649, name=bios"
  root      = "type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name=root"
  packages = [
    "cloud-guest-utils", "cloud-init", "dbus", "grub-pc", "initramfs-tools", "iproute2", "linux-image-virtual",
    "openssh-server", "sudo", "systemd-resolved", "systemd-sysv",
  ]
  # A debootstrap may be older than the suite; its script is the same for each of Ubuntu's.
  script      = "/usr/share/debootstrap/scripts/gutsy"
  debootstrap = "debootstrap --variant=minbase --keyring=${var.keyring} ${var.suite} {{.MountPath}} ${var.mirror} ${local.script}"
}

source "outscale-chroot" "ubuntu" {
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
    "${local.debootstrap} || { tail -n 20 {{.MountPath}}/debootstrap/debootstrap.log; exit 1; }",
  ]

  boot_check = "strict"
}

build {
  sources = ["source.outscale-chroot.ubuntu"]

  provisioner "shell" {
    environment_vars = [
      "DEBIAN_FRONTEND=noninteractive",
      "SECURITY_MIRROR=${var.security_mirror}",
      "COMPONENTS=main universe",
    ]
    script = "${path.root}/files/set-up-apt.sh"
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
