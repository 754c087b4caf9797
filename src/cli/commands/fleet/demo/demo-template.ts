/** Two images, so that both workers have something to do. */
export const demoTemplate = `# Bakes two OMIs from a public one: each on another worker, if two are there.

source "outscale-chroot" "debian" {
  source_omi_filter {
    filters     = { image-name = "Debian-12-*" }
    owners      = ["Outscale"]
    most_recent = true
  }

  # The local cloud's Debian has a shell and no kernel, so there is no boot loader to check.
  boot_check = "off"
}

build {
  source "source.outscale-chroot.debian" {
    name     = "web"
    omi_name = "web-\${formatdate("YYYYMMDD-hhmmss", timestamp())}"
  }
  source "source.outscale-chroot.debian" {
    name     = "db"
    omi_name = "db-\${formatdate("YYYYMMDD-hhmmss", timestamp())}"
  }

  provisioner "shell" {
    inline = ["echo \\"I am \${source.name}, baked on $(date)\\" > /etc/motd", "cat /etc/motd"]
  }
}
`;
