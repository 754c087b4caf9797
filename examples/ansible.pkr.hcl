# An application image by Ansible: a playbook runs inside the mounted image, without SSH and without an inventory of your
# own. The base is the OMI that from-scratch-debian.pkr.hcl makes. Needs the package ansible.
#
#   outscale-chroot build --local examples/ansible.pkr.hcl

variable "omi_name" {
  type    = string
  default = "web-by-ansible"
}

variable "base" {
  type        = string
  description = "The base image's name; wildcards are fine, the newest is taken."
  default     = "debian-12-*"
}

variable "greeting" {
  type    = string
  default = "Baked by Ansible"
}

source "outscale-chroot" "debian" {
  omi_name        = var.omi_name
  omi_description = "nginx by Ansible on {{ .SourceOMIName }}"

  source_omi_filter {
    filters     = { image-name = var.base }
    owners      = ["self"]
    most_recent = true
  }

  boot_check = "strict"
}

build {
  sources = ["source.outscale-chroot.debian"]

  # Ansible needs Python in the image, and its apt module the bindings.
  provisioner "shell" {
    environment_vars = ["DEBIAN_FRONTEND=noninteractive"]
    inline = [
      "apt-get update -q",
      "apt-get install -qy --no-install-recommends python3 python3-apt",
    ]
  }

  provisioner "ansible" {
    playbook_file   = "${path.root}/files/web.yml"
    groups          = ["web"]
    extra_arguments = ["--extra-vars", jsonencode({ greeting = var.greeting })]
  }

  provisioner "shell" {
    inline = ["nginx -t", "apt-get clean", "rm -rf /var/lib/apt/lists/*"]
  }
}
