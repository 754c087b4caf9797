# Bakes an OMI from a public one: a script runs inside the image, a file is put there.
# On the embedded local cloud: outscale-chroot build --local examples/quickstart.pkr.hcl

# Names are unique in an account: this one tells when it was baked.
locals {
  omi_name = "quickstart-${formatdate("YYYYMMDD-hhmmss", timestamp())}"
}

source "outscale-chroot" "debian" {
  omi_name = local.omi_name

  source_omi_filter {
    filters     = { image-name = "Debian-12-*" }
    owners      = ["Outscale"]
    most_recent = true
  }

  # The local cloud's Debian has a shell and no kernel, so there is nothing to check.
  boot_check = "off"
}

build {
  sources = ["source.outscale-chroot.debian"]

  provisioner "shell" {
    inline = [
      "echo \"Baked into $(cat /etc/os-release | head -n 1)\"",
      "mkdir -p /srv/www",
    ]
  }

  provisioner "file" {
    content     = "<h1>Baked without a VM</h1>\n"
    destination = "/srv/www/index.html"
  }
}
