# An application image on a base image of one's own: nginx with a page, on the OMI that from-scratch-debian.pkr.hcl makes.
#
#   outscale-chroot build --local examples/from-scratch-debian.pkr.hcl
#   outscale-chroot build --local examples/app-on-debian.pkr.hcl

variable "omi_name" {
  type    = string
  default = "web"
}

variable "base" {
  type        = string
  description = "The base image's name; wildcards are fine, the newest is taken."
  default     = "debian-12-*"
}

variable "shared_with" {
  type        = list(string)
  description = "Accounts that may launch the OMI, 12 digits each."
  default     = []
}

source "outscale-chroot" "debian" {
  omi_name         = var.omi_name
  omi_description  = "nginx on {{ .SourceOMIName }}"
  omi_account_ids  = var.shared_with
  root_volume_size = 5

  source_omi_filter {
    filters     = { image-name = var.base }
    owners      = ["self"]
    most_recent = true
  }

  tags = {
    Base = "{{ .SourceOMI }}"
  }

  boot_check = "strict"
}

build {
  sources = ["source.outscale-chroot.debian"]

  provisioner "shell" {
    environment_vars = ["DEBIAN_FRONTEND=noninteractive"]
    inline = [
      "apt-get update -q",
      "apt-get install -qy --no-install-recommends nginx-light",
      "apt-get clean",
      "rm -rf /var/lib/apt/lists/*",
    ]
  }

  provisioner "file" {
    source      = "${path.root}/files/index.html"
    destination = "/var/www/html/index.html"
  }

  # Nothing starts a service while the image is baked; this says that it starts when the image boots.
  provisioner "shell" {
    inline = ["systemctl enable nginx", "nginx -t"]
  }

  post-processor "manifest" {
    output = "web-manifest.json"
  }
}
