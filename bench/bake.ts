import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { realisticLatency } from "../src/local-cloud/states/transitions.ts";
import { type Bakery, openBakery } from "../tests/support/bake/bake.ts";
import { figuresOf, inTurn, seconds, tell } from "./lib/measure.ts";
import { type ProgramCost, runProgram } from "./lib/run-program.ts";
import { registerSource } from "./lib/source-image.ts";

// One bake by the command line: against the chain of the service's own times, which nobody can be faster than, and against
// bash and curl where the service takes no time. As root, after `npm run build`:
//
//   npm run bench bake
//
// OUTSCALE_CHROOT_BENCH_PEER is a shell command that bakes $SOURCE_OMI as $OMI_NAME on the cloud of the environment with
// another program, such as `packer build peer.pkr.hcl`: it is measured beside ours.

const PROGRAM = "bin/outscale-chroot";
const { OUTSCALE_CHROOT_BENCH_PEER: peer } = process.env;
const [, , only] = process.argv;

if (!existsSync("dist")) throw new Error("dist is missing: npm run build");

interface Place {
  readonly bakery: Bakery;
  readonly imageId: string;
  readonly snapshotId: string;
  readonly template: string;
}

let baked = 0;

function environmentOf({ bakery, imageId }: Place): NodeJS.ProcessEnv {
  const names = { SOURCE_OMI: imageId, OMI_NAME: `baked-${++baked}`, BENCH_FOLDER: bakery.folder };
  return { ...process.env, ...bakery.env, ...names };
}

function bakeOurs(place: Place, onOutput?: (text: string, atMs: number) => void): Promise<ProgramCost> {
  const env = environmentOf(place);
  const vars = ["-var", `source=${place.imageId}`, "-var", `name=${env.OMI_NAME}`];
  return runProgram([PROGRAM, "build", "-color=false", ...vars, place.template], {
    env,
    ...(onOutput && { onOutput }),
  });
}

const bakeByCurl = (place: Place) =>
  runProgram(["bench/lib/bake.sh", place.snapshotId, `baked-${++baked}`], { env: environmentOf(place) });

const bakeByPeer = (place: Place) => runProgram(["bash", "-c", peer ?? ""], { env: environmentOf(place) });

async function openPlace(name: string, latency: "none" | "realistic"): Promise<Place> {
  const bakery = await openBakery(name, { latency });
  const source = await registerSource(bakery);
  const template = join(bakery.folder, "web.pkr.hcl");
  writeFileSync(
    template,
    `variable "source" { type = string }
variable "name" { type = string }
source "outscale-chroot" "web" {
  source_omi = var.source
  omi_name   = var.name
  mount_path = "${bakery.folder}/mnt/{{.Device}}"
  boot_check = "off"
}
build {
  sources = ["source.outscale-chroot.web"]
  provisioner "shell" { inline = ["echo baked > /etc/motd"] }
}
`,
  );
  return { bakery, ...source, template };
}

async function withPlace(name: string, latency: "none" | "realistic", run: (place: Place) => Promise<void>) {
  const place = await openPlace(name, latency);
  try {
    await run(place);
  } finally {
    await place.bakery.cloud.idle();
    await place.bakery.close();
  }
}

/** The states that a bake waits for, one after the other. A registration over a snapshot is done at once. */
const CHAIN = ["volume.creating", "link.attaching", "link.detaching", "snapshot.in-queue", "snapshot.pending"] as const;
const limitMs = CHAIN.reduce((sum, name) => sum + (realisticLatency[name] ?? 0), 0);

/** As on the platform: the account has built before, so that the times of its waits are known. */
async function measureRealistic(place: Place): Promise<void> {
  const { bakery } = place;
  await Promise.all([1, 2, 3].map(() => bakeOurs(place)));
  await bakeOurs(place);
  const ready: number[] = [];
  const calls: number[] = [];
  const ours = async () => {
    let readyMs: number | undefined;
    const before = bakery.cloud.requests.length;
    const { wallMs } = await bakeOurs(place, (text, atMs) => {
      if (/The OMI ami-\w+ is ready/.test(text)) readyMs ??= atMs;
    });
    ready.push(readyMs ?? wallMs);
    calls.push(bakery.cloud.requests.length - before);
    return wallMs;
  };
  const peers = peer === undefined ? [] : [{ name: "peer", run: async () => (await bakeByPeer(place)).wallMs }];
  const [figures, others] = await inTurn([{ name: "ours", run: ours }, ...peers], 3, { warmUps: 0 });
  if (figures === undefined) throw new Error("Nothing was measured");
  const limit = `the service's own times are ${(limitMs / 1_000).toFixed(1)} s`;
  const measures = [
    ["one bake, the service as slow as in reality, until the program ends", figures],
    ["the same, until the OMI is there", figuresOf(ready)],
  ] as const;
  for (const [measure, each] of measures) {
    const details = `${seconds(each)}; ${limit}`;
    tell({ measure, value: each.median / limitMs, atMost: 1.03, unit: " x the limit", details });
  }
  tell({ measure: "API calls of it", value: figuresOf(calls).median, atMost: 40, unit: "" });
  if (others !== undefined) tellPeer("the same against the peer", figures.median / others.median, seconds(others));
}

/** Where the service takes no time, a bake is what the program itself does. */
async function measureOwn(place: Place): Promise<void> {
  const cpu: { ours: number[]; peer: number[]; curl: number[] } = { ours: [], peer: [], curl: [] };
  const counted = (who: keyof typeof cpu, bake: (place: Place) => Promise<ProgramCost>) => async () => {
    const { wallMs, cpuMs } = await bake(place);
    cpu[who].push(cpuMs);
    return wallMs;
  };
  const peers = peer === undefined ? [] : [{ name: "peer", run: counted("peer", bakeByPeer) }];
  const [ours, curl, others] = await inTurn(
    [{ name: "ours", run: counted("ours", bakeOurs) }, { name: "curl", run: counted("curl", bakeByCurl) }, ...peers],
    7,
  );
  if (ours === undefined || curl === undefined) throw new Error("Nothing was measured");
  const details = `ours ${seconds(ours)}; bash and curl ${seconds(curl)}`;
  const measure = "one bake, the service takes no time";
  tell({ measure, value: ours.median / curl.median, atMost: 1.3, unit: " x bash and curl", details });
  const [ourCpu, curlCpu] = [figuresOf(cpu.ours), figuresOf(cpu.curl)];
  const cpuDetails = `ours ${seconds(ourCpu)}; bash and curl ${seconds(curlCpu)}`;
  // The peer's time is not known without it; it was 1.26 times that of bash and curl.
  const reference = others === undefined ? curlCpu.median * 1.26 : figuresOf(cpu.peer).median;
  const unit = others === undefined ? " x the peer's, estimated" : " x the peer's";
  tell({ measure: "CPU of it", value: ourCpu.median / reference, atMost: 1, unit, details: cpuDetails });
  if (others !== undefined) tellPeer("the same against the peer", ours.median / others.median, seconds(others));
}

function tellPeer(measure: string, value: number, theirs: string): void {
  tell({ measure, value, atMost: 1, unit: " x the peer", details: `the peer ${theirs}` });
}

if (only !== "realistic") await withPlace("bench-own", "none", measureOwn);
if (only !== "own") await withPlace("bench-realistic", "realistic", measureRealistic);
