import { type Duplex, duplexPair } from "node:stream";
import { StreamBroker } from "../../../src/packer-plugin/broker.ts";
import { RpcClient } from "../../../src/packer-plugin/rpc/client.ts";
import { YamuxSession } from "../../../src/packer-plugin/yamux/session.ts";

/** Both ends of a connection in memory: ours as the plugin, the other as Packer. */
export interface Ends {
  readonly plugin: End;
  readonly core: End;
}

export interface End {
  readonly session: YamuxSession;
  readonly broker: StreamBroker;
}

export function connectEnds(): Ends {
  const [pluginSide, coreSide] = duplexPair();
  return { plugin: openEnd(pluginSide, "server"), core: openEnd(coreSide, "client") };
}

export function openEnd(socket: Duplex, side: "client" | "server"): End {
  const session = new YamuxSession(socket, { side, onStream: (stream) => void broker.accept(stream) });
  const broker: StreamBroker = new StreamBroker(() => session.open());
  return { session, broker };
}

/** Reaches what the other end serves at a point. */
export async function dialRpc({ broker }: End, point: number): Promise<RpcClient> {
  return new RpcClient(await broker.dial(point));
}

/** Bytes written as in a capture: hexadecimal digits with spaces, and text in quotes. */
export function captured(text: string): Buffer {
  const parts = text.match(/"[^"]*"|[0-9a-f]+/g) ?? [];
  return Buffer.concat(
    parts.map((part) => (part.startsWith('"') ? Buffer.from(part.slice(1, -1)) : Buffer.from(part, "hex"))),
  );
}

/** What an engine answers that has nothing to object. */
export const prepared = (warnings: readonly string[] = []) =>
  ({
    warnings,
    config: { stateFolder: "/nonexistent" },
    showGiven: () => ({}),
  }) as never;
