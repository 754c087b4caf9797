import type { Cloud } from "./cloud.ts";

/** A region that one server has, besides others. */
interface Neighbour {
  readonly region: string;
  /** Where its API and its buckets answer. */
  readonly url: string;
  /** Undefined while it starts, or is emptied. */
  cloud(): Cloud | undefined;
}

/** What stands for this machine in an address. */
const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

/** The regions of one server. An import reads what the buckets of another one have; all else is a region's own. */
export class Neighbours {
  readonly #all = new Map<string, Neighbour>();

  add(neighbour: Neighbour): void {
    this.#all.set(neighbour.region, neighbour);
  }

  /** In the order in which they came; the server's first region first. */
  get all(): readonly Neighbour[] {
    return [...this.#all.values()];
  }

  /** The region whose server answers at an address. */
  at({ hostname, port }: URL): Cloud | undefined {
    const isHere = (url: URL) => url.port === port && (url.hostname === hostname || LOOPBACK.includes(hostname));
    return this.all.find(({ url }) => isHere(new URL(url)))?.cloud();
  }
}
