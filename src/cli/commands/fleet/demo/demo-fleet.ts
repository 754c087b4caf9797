import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { noLog } from "../../../../common/log.ts";
import { type LocalCloud, startLocalCloud } from "../../../../local-cloud/start-local-cloud.ts";
import { exportLines } from "../../local-cloud/export-lines.ts";
import { Daemon } from "./daemon.ts";
import { demoTemplate } from "./demo-template.ts";

const WORKERS = 2;

/** A fleet on this machine: a local cloud, a Redis, and a worker on each of two VMs of the cloud. */
export class DemoFleet implements AsyncDisposable {
  readonly template: string;
  /** What submitters and watchers need. */
  readonly environment: Readonly<Record<string, string>>;
  /** A file that a shell can read it from. */
  readonly environmentFile: string;
  readonly queue: string;
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #parts: AsyncDisposable[] = [];
  readonly #workers: AsyncDisposable[] = [];
  /** Never comes back while all is well. */
  readonly #deaths: Promise<never>[] = [];

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#env = env;
    this.template = join(folder, "demo.pkr.hcl");
    this.environmentFile = join(folder, "env");
    this.queue = `unix:${join(folder, "redis.sock")}`;
    this.environment = {
      OUTSCALE_CHROOT_QUEUE: this.queue,
      OUTSCALE_CHROOT_QUEUE_PASSWORD: randomBytes(24).toString("hex"),
      OUTSCALE_CHROOT_FLEET_KEY_FILE: join(folder, "fleet.key"),
    };
  }

  /**
   * @param folder New, empty, and ours alone
   * @throws {FleetError | LocalCloudError} when a part of it does not start; the others are stopped
   */
  static async start(folder: string, env: NodeJS.ProcessEnv, say: (text: string) => void): Promise<DemoFleet> {
    const fleet = new DemoFleet(folder, env);
    try {
      await fleet.#start(say);
      return fleet;
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** @throws {FleetError} as soon as a part of it ends */
  died(): Promise<never> {
    return Promise.race(this.#deaths);
  }

  /** Stops the workers first: they need the queue and the cloud. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker[Symbol.asyncDispose]()));
    for (const part of this.#parts.splice(0).reverse()) await part[Symbol.asyncDispose]();
  }

  async #start(say: (text: string) => void): Promise<void> {
    const { makeKeyText } = await import("../../../../fleet/seal/fleet-key.ts");
    await writeFile(this.template, demoTemplate);
    await writeFile(this.environmentFile, exportLines(this.environment), { mode: 0o600 });
    await writeFile(join(this.#folder, "fleet.key"), `${makeKeyText()}\n`, { mode: 0o600 });
    say("A local cloud with two VMs");
    const cloud = await startLocalCloud({ stateFolder: join(this.#folder, "cloud"), vms: WORKERS, log: noLog });
    this.#parts.push({ [Symbol.asyncDispose]: () => cloud.close() });
    say(`A Redis at ${this.queue}`);
    const redis = await this.#run("redis-server", {
      argv: ["redis-server", "-"],
      env: { PATH: this.#env.PATH },
      stdin: this.#redisSettings(),
      ready: "eady to accept connections",
    });
    this.#parts.push(redis);
    for (let number = 1; number <= WORKERS; number++) {
      say(`A worker on VM ${number}`);
      await this.#startWorker(cloud, number);
    }
  }

  async #startWorker(cloud: LocalCloud, number: number): Promise<void> {
    const vm = cloud.vms[number - 1];
    const state = join(this.#folder, `worker-${number}`);
    await mkdir(state, { mode: 0o700 });
    const worker = await this.#run(`worker-${number}`, {
      argv: [process.execPath, process.argv[1] ?? "", "worker", "-slots", "1"],
      env: {
        PATH: this.#env.PATH,
        HOME: this.#folder,
        ...this.environment,
        ...cloud.environment,
        ...(vm && {
          OUTSCALE_CHROOT_METADATA_ENDPOINT: vm.metadataEndpoint,
          OUTSCALE_CHROOT_DEVICE_FOLDER: vm.deviceFolder,
        }),
        OUTSCALE_CHROOT_STATE: state,
      },
      ready: "bakes for",
    });
    this.#workers.push(worker);
  }

  async #run(name: string, input: Omit<Parameters<typeof Daemon.start>[0], "name" | "logFile">): Promise<Daemon> {
    const daemon = await Daemon.start({ ...input, name, logFile: join(this.#folder, `${name}.log`) });
    const death = daemon.died(name);
    // It may come before anybody waits for it, and it comes at the end.
    death.catch(() => undefined);
    this.#deaths.push(death);
    return daemon;
  }

  /** On a socket alone, in memory alone, with a password: as on real machines. */
  #redisSettings(): string {
    const settings = {
      port: "0",
      unixsocket: join(this.#folder, "redis.sock"),
      unixsocketperm: "600",
      requirepass: this.environment.OUTSCALE_CHROOT_QUEUE_PASSWORD ?? "",
      save: '""',
      dir: this.#folder,
    };
    return Object.entries(settings)
      .map(([name, value]) => `${name} ${value}\n`)
      .join("");
  }
}
