import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { pipeline } from "node:stream/promises";
import { methodsOf, serveRpc } from "../src/packer-plugin/rpc/server.ts";
import { communicatorMethods } from "../src/packer-plugin/services/communicator-methods.ts";
import { dialRpc, type End, openEnd } from "../tests/support/packer-plugin/fake-core.ts";
import { FolderCommunicator } from "../tests/support/provisioners/folder-communicator.ts";

// The Packer plugin: how long it takes to shake hands, and what goes through its wire, against cp. Both ends of the wire
// are in this one process, so that a real Packer on another core has less to wait for. After `npm run build`:
//
//   npm run bench plugin

const PLUGIN = "dist/packer-plugin/outscale-chroot";
const SIZE_MIB = 1024;
const ROUNDS = 10;

if (!existsSync(PLUGIN)) throw new Error(`${PLUGIN} is missing: npm run build`);
const folder = mkdtempSync(join(tmpdir(), "bench-plugin-"));
process.on("exit", () => rmSync(folder, { recursive: true }));

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

async function timeToFirstLine(...argv: readonly string[]): Promise<number> {
  const env = { ...process.env, PACKER_PLUGIN_MAGIC_COOKIE: COOKIE, TMPDIR: folder };
  const startedAt = performance.now();
  const child = spawn(PLUGIN, argv, { env, stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  const elapsedMs = performance.now() - startedAt;
  child.kill("SIGKILL");
  await once(child, "close");
  return elapsedMs;
}
const COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

for (const argv of [["describe"], [], ["start", "builder", "--protobuf", "chroot"], ["start", "builder", "chroot"]]) {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await timeToFirstLine(...argv));
  console.log(
    `${argv.join(" ") || "(no arguments)"}: first line after ${median(times).toFixed(0)} ms (median of ${ROUNDS})`,
  );
}

/** Two ends over a Unix socket, as Packer has it. */
async function connect(): Promise<{ readonly plugin: End; readonly core: End }> {
  const path = join(folder, "socket");
  const server = createServer().listen(path);
  await once(server, "listening");
  const { connect: dial } = await import("node:net");
  const client = dial(path);
  const [socket] = (await once(server, "connection")) as [Socket];
  server.close();
  return { plugin: openEnd(socket, "server"), core: openEnd(client, "client") };
}

const { plugin, core } = await connect();
const find = methodsOf({
  Communicator: communicatorMethods({
    communicator: new FolderCommunicator(folder),
    broker: plugin.broker,
    signal: new AbortController().signal,
    onFailure: console.error,
  }),
});
const { point } = plugin.broker.serve((stream) => void serveRpc(stream, find));
const communicator = await dialRpc(core, point);

async function measure(name: string, run: () => Promise<unknown> | unknown): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const startedAt = performance.now();
  await run();
  const seconds = (performance.now() - startedAt) / 1000;
  delay.disable();
  const speed = ((SIZE_MIB * 1024 ** 2) / 1e6 / seconds).toFixed(0);
  // A ping waits no longer for its answer than the event loop stands still.
  const longest = name === "cp" ? "" : `, the event loop stood still for ${(delay.max / 1e6).toFixed(0)} ms at most`;
  console.log(`${name}: ${seconds.toFixed(2)} s, ${speed} MB/s${longest}`);
}

execFileSync("dd", ["if=/dev/urandom", `of=${join(folder, "up")}`, "bs=1M", `count=${SIZE_MIB}`, "status=none"]);
await measure("cp", () => execFileSync("cp", ["--reflink=never", join(folder, "up"), join(folder, "copy")]));
await measure("upload", async () => {
  const served = core.broker.serve((stream) => void pipeline(createReadStream(join(folder, "up")), stream));
  await communicator.call("Communicator.Upload", { Path: "/uploaded", ReaderStreamId: served.point, FileInfo: null });
});
await measure("output of a command", async () => {
  const ended = new Promise((resolve) => {
    const stdout = core.broker.serve((stream) => stream.resume().once("end", () => resolve(stream.end())));
    const argument = { Command: `head -c ${SIZE_MIB}M /dev/zero`, StdoutStreamId: stdout.point };
    void communicator.call("Communicator.Start", argument);
  });
  await ended;
});
process.exit();
