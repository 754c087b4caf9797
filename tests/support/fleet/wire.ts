import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { running } from "../program/running.ts";

/** A network of two ends: one is here, and one is in a namespace of its own, where a server can listen. */
export interface Wire {
  /** The address of the other end. */
  readonly address: string;
  /** What runs a program at the other end, before its argv. */
  readonly enter: readonly string[];
  /** From now on every packet vanishes, and nobody is told. */
  cut(): void;
  mend(): void;
  /** Takes the network down, when nothing runs at the other end any more. */
  close(): Promise<void>;
}

/** Networks for tests of networks, RFC 2544: nobody has one of them for something else. */
function addressesOf(number: number): readonly [string, string] {
  const network = number % 2 ** 14;
  const [third, fourth] = [Math.floor(network / 64), (network % 64) * 4];
  return [`198.18.${third}.${fourth + 1}`, `198.18.${third}.${fourth + 2}`];
}

export async function openWire(): Promise<Wire> {
  const { pid } = process;
  const [here, there] = [`oc${pid}a`, `oc${pid}b`];
  const [ownAddress, address] = addressesOf(pid);
  // The namespace lives as long as a process is in it: there is nothing to be left behind.
  const stay = "echo inside; exec setpriv --pdeathsig KILL sleep infinity";
  const holder = spawn("unshare", ["--net", "sh", "-c", stay], { stdio: ["ignore", "pipe", "inherit"] });
  const enter = ["nsenter", `--net=/proc/${holder.pid}/ns/net`];
  const close = async () => {
    if (holder.exitCode !== null || holder.signalCode !== null) return;
    // With one end goes the other. The kernel does it, too, but when it comes to it.
    spawnSync("ip", ["link", "delete", here], { stdio: "ignore" });
    holder.kill("SIGKILL");
    await once(holder, "exit");
  };
  const inside = (...argv: readonly string[]) => run(...enter, "ip", ...argv);
  try {
    await running(holder).says("inside");
    run("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", String(holder.pid));
    run("ip", "address", "add", `${ownAddress}/30`, "dev", here);
    run("ip", "link", "set", here, "up");
    inside("address", "add", `${address}/30`, "dev", there);
    inside("link", "set", there, "up");
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...{ address, enter, close },
    cut: () => inside("link", "set", there, "down"),
    mend: () => inside("link", "set", there, "up"),
  };
}

function run(program = "", ...argv: readonly string[]): void {
  execFileSync(program, argv, { stdio: ["ignore", "ignore", "pipe"] });
}
