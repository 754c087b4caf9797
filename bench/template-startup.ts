import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hclShapes } from "../src/config/hcl-shape.ts";
import { prepareConfig } from "../src/config/prepare-config.ts";
import { checkProvisioners } from "../src/provisioners/check-provisioners.ts";
import { loadTemplate } from "../src/template/load-template.ts";

// What reading and checking a one-screen template costs, in a process of its own, beyond an empty one of Node:
//
//   npm run bench template-startup

const ROUNDS = 15;

const TEMPLATE = `
packer {
  required_version = ">= 1.7"
  required_plugins {
    outscale = {
      source  = "github.com/outscale/outscale"
      version = ">= 1.0"
    }
  }
}

variable "region" {
  type    = string
  default = "eu-west-2"
  validation {
    condition     = can(regex("^[a-z]+-[a-z]+-[0-9]$", var.region))
    error_message = "The region looks like eu-west-2."
  }
}

variable "password" {
  type      = string
  default   = "hunter22"
  sensitive = true
}

locals {
  name     = "web-\${formatdate("YYYYMMDD", "2026-11-22T00:00:00Z")}"
  packages = ["nginx", "curl", "htop"]
}

source "outscale-chroot" "debian" {
  omi_name = local.name
  region   = var.region
  source_omi_filter {
    filters     = { image-name = "Debian-12-*" }
    owners      = ["Outscale"]
    most_recent = true
  }
  dynamic "tag" {
    for_each = { role = "web", by = "packer" }
    content {
      key   = tag.key
      value = tag.value
    }
  }
}

build {
  sources = ["source.outscale-chroot.debian"]
  provisioner "shell" {
    inline = concat(["apt-get update"], [for name in local.packages : "apt-get install -y \${name}"])
  }
  post-processor "manifest" {}
}
`;

/** Milliseconds of a run of Node with these arguments. */
function time(args: readonly string[]): number {
  const startedAt = process.hrtime.bigint();
  execFileSync(process.execPath, args, { stdio: "inherit" });
  return Number(process.hrtime.bigint() - startedAt) / 1e6;
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] as number;
}

/** What the processes that are measured do. */
async function validate(path: string): Promise<void> {
  const template = await loadTemplate({ path, env: {}, shapeOf: (kind) => (kind === "source" ? hclShapes : {}) });
  for (const build of template.builds) {
    const identity = { buildName: build.name, buildType: build.type, builderType: build.type };
    checkProvisioners(build, identity);
    prepareConfig([build.config], { ...identity, resolveRegion: () => "eu-west-2", env: {} });
  }
}

function measure(): void {
  const folder = mkdtempSync(join(tmpdir(), "bench-template-"));
  try {
    const path = join(folder, "web.pkr.hcl");
    const empty = join(folder, "empty.mjs");
    writeFileSync(path, TEMPLATE);
    writeFileSync(empty, "");
    const times: Record<"bare" | "ours", number[]> = { bare: [], ours: [] };
    // In turn, so that what else the machine does meets both.
    for (let round = 0; round < ROUNDS; round += 1) {
      times.bare.push(time([empty]));
      times.ours.push(time([fileURLToPath(import.meta.url), path]));
    }
    const [bare, ours] = [median(times.bare), median(times.ours)];
    console.log(
      `bare Node ${bare.toFixed(0)} ms; with the template ${ours.toFixed(0)} ms: ${(ours - bare).toFixed(0)} ms more`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const [path] = process.argv.slice(2);
if (path === undefined) measure();
else await validate(path);
