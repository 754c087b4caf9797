import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { Random } from "../suite/random.ts";
import { type Answer, signedCall } from "./signed-call.ts";
import type { SpawnedCloud } from "./spawn-local-cloud.ts";

type Kind = "Volume" | "Snapshot" | "Image";

/** What one client has been told about an object. A request without an answer leaves `maybe`: both are right then. */
export interface Known {
  readonly kind: Kind;
  readonly id: string;
  exists: "yes" | "maybe" | "no";
  /** The tag it was given last, and whether that was acknowledged. */
  tag?: { readonly value: string; acknowledged: boolean };
  linked: "yes" | "maybe" | "no";
}

interface Change {
  readonly action: string;
  readonly request: object;
  readonly field: "exists" | "linked";
  readonly to: "yes" | "no";
}

/** So many objects of a kind are kept by each client. */
const KEPT = 6;

/**
 * A client that works through volumes, links, snapshots and images for as long as the cloud answers, and remembers what
 * the cloud acknowledged.
 */
export class LoadClient {
  readonly known: Known[] = [];
  /** Client tokens of calls that were sent, answered or not: each may have made one object at most. */
  readonly tokens: { readonly kind: Kind; readonly token: string; id?: string }[] = [];
  /** Told of every answer. */
  onAnswer: (action: string) => void = () => undefined;
  readonly #random: Random;
  readonly #slot: string;
  #isCut = false;

  /** @param slot The letter under which this client links its volumes */
  constructor(random: Random, slot: string) {
    this.#random = random;
    this.#slot = slot;
  }

  /** Works until the cloud is gone. */
  async run(cloud: SpawnedCloud, snapshotId: string): Promise<void> {
    this.#isCut = false;
    while (!this.#isCut) await this.#cycle(cloud, snapshotId);
  }

  async #cycle(cloud: SpawnedCloud, snapshotId: string): Promise<void> {
    for (const left of this.known.filter(({ linked }) => linked === "yes")) {
      await this.#unlink(cloud, left);
    }
    const Size = this.#random.pick([1, 2]);
    const volume = await this.#create(cloud, "Volume", { SubregionName: "eu-west-2a", SnapshotId: snapshotId, Size });
    if (!volume) return;
    await this.#tag(cloud, volume);
    await this.#become(cloud, volume, ["available"]);
    const DeviceName = `/dev/xvd${this.#slot}`;
    const request = { VmId: cloud.vmId, VolumeId: volume.id, DeviceName };
    await this.#change(cloud, volume, { action: "LinkVolume", request, field: "linked", to: "yes" });
    await this.#become(cloud, volume, ["in-use"]);
    await this.#unlink(cloud, volume);
    const snapshot = await this.#create(cloud, "Snapshot", { VolumeId: volume.id });
    if (!snapshot) return;
    await this.#become(cloud, snapshot, ["completed"]);
    if (this.#random.below(2) === 0) await this.#createImage(cloud, snapshot.id);
    if (this.#random.below(4) > 0) await this.#delete(cloud, volume);
    for (const kind of ["Image", "Snapshot", "Volume"] as const) await this.#prune(cloud, kind);
  }

  /** Below the account's quotas, however long the test. A snapshot that an image uses is refused, and stays. */
  async #prune(cloud: SpawnedCloud, kind: Kind): Promise<void> {
    const existing = this.known.filter((known) => known.kind === kind && known.exists === "yes");
    for (const old of existing.slice(0, -KEPT)) await this.#delete(cloud, old);
  }

  async #create(cloud: SpawnedCloud, kind: Kind, request: object): Promise<Known | undefined> {
    const sent: { kind: Kind; token: string; id?: string } = { kind, token: randomUUID() };
    this.tokens.push(sent);
    const answer = await this.#call(cloud, `Create${kind}`, { ...request, ClientToken: sent.token });
    if (answer?.status !== 200) return undefined;
    const id: string = answer.body[kind][`${kind}Id`];
    sent.id = id;
    return this.#remember(kind, id);
  }

  async #createImage(cloud: SpawnedCloud, SnapshotId: string): Promise<void> {
    const BlockDeviceMappings = [{ DeviceName: "/dev/sda1", Bsu: { SnapshotId } }];
    const answer = await this.#call(cloud, "CreateImage", { ImageName: randomUUID(), BlockDeviceMappings });
    if (answer?.status === 200) this.#remember("Image", answer.body.Image.ImageId);
  }

  #remember(kind: Kind, id: string): Known {
    const known: Known = { kind, id, exists: "yes", linked: "no" };
    this.known.push(known);
    return known;
  }

  async #tag(cloud: SpawnedCloud, known: Known): Promise<void> {
    const tag = { value: randomUUID(), acknowledged: false };
    known.tag = tag;
    const Tags = [{ Key: "load", Value: tag.value }];
    const answer = await this.#call(cloud, "CreateTags", { ResourceIds: [known.id], Tags });
    tag.acknowledged = answer?.status === 200;
  }

  async #unlink(cloud: SpawnedCloud, known: Known): Promise<void> {
    const request = { VolumeId: known.id };
    await this.#change(cloud, known, { action: "UnlinkVolume", request, field: "linked", to: "no" });
    await this.#become(cloud, known, ["available"]);
  }

  async #delete(cloud: SpawnedCloud, known: Known): Promise<void> {
    const request = { [`${known.kind}Id`]: known.id };
    await this.#change(cloud, known, { action: `Delete${known.kind}`, request, field: "exists", to: "no" });
  }

  /** A refusal, such as that of a snapshot that an image uses, leaves things as they are. */
  async #change(cloud: SpawnedCloud, known: Known, { action, request, field, to }: Change): Promise<void> {
    if (this.#isCut) return;
    const before = known[field];
    known[field] = "maybe";
    const answer = await this.#call(cloud, action, request);
    if (answer !== undefined) known[field] = answer.status === 200 ? to : before;
  }

  async #become(cloud: SpawnedCloud, { kind, id }: Known, states: readonly string[]): Promise<void> {
    while (!this.#isCut) {
      const answer = await this.#call(cloud, `Read${kind}s`, { Filters: { [`${kind}Ids`]: [id] } });
      const [found] = answer?.body[`${kind}s`] ?? [];
      const linkStates = found?.LinkedVolumes?.map(({ State }: { State: string }) => State) ?? [];
      if (states.includes(found?.State) && linkStates.every((state: string) => state === "attached")) return;
      await setTimeout(5);
    }
  }

  /** Undefined when the cloud did not answer; then this client stops. */
  async #call(cloud: SpawnedCloud, action: string, request: object): Promise<Answer | undefined> {
    if (this.#isCut) return undefined;
    try {
      const answer = await signedCall(cloud.caller, action, request);
      this.onAnswer(action);
      return answer;
    } catch {
      this.#isCut = true;
      return undefined;
    }
  }
}
