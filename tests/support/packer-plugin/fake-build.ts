import type { Duplex } from "node:stream";
import { afterEach } from "vitest";
import type { RunInput } from "../../../src/builder/builder.ts";
import type { GeneratedData, ProvisionInput } from "../../../src/builder/hook.ts";
import type { Communicator } from "../../../src/chroot/communicator.ts";
import { noLog } from "../../../src/common/log.ts";
import type { RpcClient } from "../../../src/packer-plugin/rpc/client.ts";
import { fieldsOf } from "../../../src/packer-plugin/rpc/fields.ts";
import { methodsOf, type RpcServices, serveRpc } from "../../../src/packer-plugin/rpc/server.ts";
import { BuilderService, type Engine } from "../../../src/packer-plugin/services/builder-methods.ts";
import { connectEnds, dialRpc, type End, prepared } from "./fake-core.ts";

/** The values of a build. */
export const data: GeneratedData = {
  ID: "vol-1",
  ConnType: "chroot",
  Device: "/dev/xvdf",
  MountPath: "/mnt/x",
  BuildRegion: "eu-west-2",
  SourceOMI: "ami-1",
  SourceOMIName: "Debian",
  SourceOMIOwner: "1",
  SourceOMICreationDate: "2026",
  PackerRunUUID: "u",
};

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A plugin with an engine of the test's, and Packer's end of the connection. */
export async function openPlugin(engine: Partial<Engine>, onWorked?: (isWhole: boolean) => void) {
  const { plugin, core } = connectEnds();
  closers.push(() => plugin.session.close());
  const service = new BuilderService({
    broker: plugin.broker,
    env: {},
    log: noLog,
    configSpec: async () => Buffer.from("spec"),
    onWorked,
    openEngine: () => ({ prepareRaw: () => prepared(), run: async () => undefined, ...engine }),
  });
  const find = methodsOf({ Builder: service.methods() });
  plugin.broker.serve((stream) => void serveRpc(stream, find).catch(() => undefined), 0);
  const builder = await dialRpc(core, 0);
  return { service, core, builder };
}

/** Prepares, and runs the build with these services on Packer's side. */
export async function run(builder: RpcClient, core: End, services: RpcServices = {}): Promise<unknown> {
  await builder.call("Builder.Prepare", { Configs: [{}, {}] });
  const { point } = core.broker.serve((stream) => void serveRpc(stream, methodsOf(services)).catch(() => undefined));
  return builder.call("Builder.Run", point);
}

/** An engine that does nothing but provision, with this communicator. */
export function provisioning(
  communicator: Partial<Communicator>,
  signal = new AbortController().signal,
): Partial<Engine> {
  return {
    run: async ({ ui, hook }: RunInput) => {
      const input = { ui, communicator, data, signal } as unknown as ProvisionInput;
      await hook.provision(input);
      return undefined;
    },
  };
}

/** Packer's side of a hook: what `Hook.Run` does with the communicator that it dials. */
export function hookOf(
  core: End,
  act: (client: RpcClient, argument: Readonly<Record<string, unknown>>) => Promise<unknown>,
) {
  return async (argument: unknown) => {
    const fields = fieldsOf(argument);
    const client = await dialRpc(core, Number(fields.StreamId));
    await act(client, fields);
    client.close();
    return null;
  };
}

/** A point of Packer's, and the stream that comes there. */
export interface Point {
  readonly point: number;
  readonly stream: Promise<Duplex>;
}

export function serveStream(core: End): Point {
  let give: (stream: Duplex) => void = () => undefined;
  const stream = new Promise<Duplex>((resolve) => {
    give = resolve;
  });
  return { point: core.broker.serve((each) => give(each)).point, stream };
}
