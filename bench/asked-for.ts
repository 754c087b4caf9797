import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

// What it costs a bake to be asked for evidence and checks, and that one which is not asked is as fast as that of another
// build of this program. The bakes take turns, so that what else the machine does meets all of them alike. As root, after
// `npm run build`:
//
//   npm run bench asked-for [ROUNDS [BIN_OF_ANOTHER_BUILD]]

const [rounds = "5", otherBin] = process.argv.slice(2);
const bench = mkdtempSync(join(tmpdir(), "bench-asked-for-"));
process.on("exit", () => rmSync(bench, { recursive: true }));
const at = (name: string) => join(bench, name);
const own = resolve("bin/outscale-chroot");

interface Variant {
  readonly name: string;
  readonly bin: string;
  readonly options?: string;
  readonly flags?: readonly string[];
}

const variants: readonly Variant[] = [
  { name: "plain", bin: own },
  ...(otherBin === undefined ? [] : [{ name: "plain, the other build", bin: resolve(otherBin) }]),
  { name: "-provenance", bin: own, flags: ["-provenance", at("p.json")] },
  { name: "-sbom", bin: own, flags: ["-sbom", at("s.json")] },
  { name: "-diff", bin: own, flags: ["-diff", at("d.json")] },
  { name: "-report", bin: own, flags: ["-report", at("r.html")] },
  { name: "image_check", bin: own, options: "image_check {}" },
  { name: "generalise", bin: own, options: "generalise = true" },
];

const template = ({ options = "" }: Variant) => `
source "outscale-chroot" "web" {
  omi_name         = "bench-{{timestamp}}"
  boot_check       = "off"
  force_deregister = true
  source_omi_filter {
    filters     = { image-name = "Debian-12-*" }
    owners      = ["Outscale"]
    most_recent = true
  }
  ${options}
}
build {
  sources = ["source.outscale-chroot.web"]
  provisioner "shell" {
    inline = ["mkdir -p /opt/app; i=0; while [ $i -lt 300 ]; do echo $i > /opt/app/$i; i=$((i + 1)); done"]
  }
}
`;

/** In seconds. Each bake has a cloud of its own, so that none finds it fuller than another. */
function bake(variant: Variant): number {
  writeFileSync(at("web.pkr.hcl"), template(variant));
  const env = { PATH: process.env.PATH, OUTSCALE_CHROOT_STATE: at("state"), OUTSCALE_CHROOT_LOCAL_CLOUD: at("cloud") };
  const argv = ["build", "-local", "-color=false", ...(variant.flags ?? []), at("web.pkr.hcl")];
  const startedAt = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(variant.bin, argv, { env, encoding: "utf8" });
  const elapsed = Number(process.hrtime.bigint() - startedAt) / 1e9;
  if (status !== 0) throw new Error(`${variant.name} failed:\n${stdout}${stderr}`);
  spawnSync(own, ["local-cloud", "reset"], { env });
  return elapsed;
}

const times = new Map(variants.map((variant) => [variant, [] as number[]]));
for (const variant of variants) bake(variant); // the first one finds cold caches
for (let round = 0; round < Number(rounds); round++) {
  for (const [variant, own] of times) own.push(bake(variant));
}
console.log(`${rounds} rounds, in seconds: the best and the median`);
for (const [{ name }, taken] of times) {
  const sorted = taken.toSorted((a, b) => a - b);
  const figures = [sorted[0], sorted[Math.floor(sorted.length / 2)]].map((each = 0) => each.toFixed(2).padStart(7));
  console.log(`${name.padEnd(24)}${figures.join("")}`);
}
