import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import { Builder } from "../../../src/builder/builder.ts";
import { ConfigError, messageOf } from "../../../src/common/errors.ts";
import type { RawConfig } from "../../../src/definition/raw-value.ts";
import type { Image, Snapshot } from "../../../src/outscale/oapi.ts";
import { type Baked, type BakeOptions, type Bakery, openBakery } from "../bake/bake.ts";
import { ImageOwner, rootOn } from "../bake/image-owner.ts";
import { RecordedCalls } from "../bake/recorded-calls.ts";
import { RecordingUi } from "../terminal/recording-ui.ts";

/** The proof that options have an effect: that the calls, the image or the refusal differ as they should. */
export interface OptionProof {
  /** As paths: `tags`, `source_omi_filter.owners`. */
  readonly options: readonly string[];
  readonly shows: string;
  prove(bench: ProofBench): Promise<void>;
}

/** A build as its proof looks at it. The product is gone. */
export interface ProvenBuild extends Baked {
  readonly calls: RecordedCalls;
  /** The product's image and root snapshot; absent when there is none. */
  readonly image: Image | undefined;
  readonly snapshot: Snapshot | undefined;
}

/** Where proofs build: all from one small OMI of the builder's own, with whatever options they are about. */
export class ProofBench {
  readonly bakery: Bakery;
  readonly own: ImageOwner;
  readonly base: Image;

  private constructor(bakery: Bakery, own: ImageOwner, base: Image) {
    this.bakery = bakery;
    this.own = own;
    this.base = base;
  }

  static async open(): Promise<ProofBench> {
    const bakery = await openBakery("options-test", { regions: ["eu-west-2", "us-east-2"] });
    const own = new ImageOwner(bakery, "builder");
    const mappings = [rootOn(await own.snapshot()), { DeviceName: "/dev/xvdz", Bsu: { VolumeSize: 5 } }];
    return new ProofBench(bakery, own, await own.register({ ImageName: "base", BlockDeviceMappings: mappings }));
  }

  async close(): Promise<void> {
    await this.own.api[Symbol.asyncDispose]();
    await this.bakery.close();
  }

  /** The options of a build that succeeds, with the given ones over them. */
  config(options: RawConfig): RawConfig {
    const source = options.source_omi_filter || options.from_scratch ? {} : { source_omi: this.base.ImageId };
    return { ...source, omi_name: "proof", boot_check: "off", polling: { min: "5ms", max: "50ms" }, ...options };
  }

  async bake(options: RawConfig, bakeOptions: BakeOptions = {}): Promise<ProvenBuild> {
    const calls = new RecordedCalls(this.bakery);
    const baked = await this.bakery.bake(this.config(options), bakeOptions);
    calls.stop();
    const { imageId, snapshotIds = [] } = baked.artifact?.product ?? {};
    if (imageId === undefined) return { ...baked, calls, image: undefined, snapshot: undefined };
    const { Images } = await this.own.api.readImages({ Filters: { ImageIds: [imageId] } });
    const { Snapshots } = await this.own.api.readSnapshots({ Filters: { SnapshotIds: [...snapshotIds] } });
    await baked.artifact?.destroy();
    return { ...baked, calls, image: Images[0], snapshot: Snapshots[0] };
  }

  /** A build that must fail; what it could not take down while the cloud was ill is. @returns its error, and what was said */
  async bakeInVain(options: RawConfig, bakeOptions: BakeOptions = {}): Promise<{ error: Error; ui: RecordingUi }> {
    const ui = bakeOptions.ui ?? new RecordingUi();
    try {
      await this.bakery.bake(this.config(options), { ...bakeOptions, ui });
    } catch (error) {
      if (error instanceof Error) return { error, ui };
    } finally {
      this.bakery.cloud.faults.clear();
      await this.bakery.cloud.idle();
      await this.bakery.cleanUp();
    }
    throw new Error("The build did not fail");
  }

  /** What a shell line prints inside the image while it is provisioned. Nothing is published. */
  async look(options: RawConfig, command: string): Promise<string> {
    const stdout = new PassThrough();
    const text = buffer(stdout);
    const hook: BakeOptions["hook"] = {
      provision: async ({ communicator }) => {
        await communicator.start({ command, stdout, okExitCodes: "any" });
        stdout.end();
      },
    };
    await this.bakery.bake(this.config({ ...options, skip_create_omi: true }), { hook });
    return (await text).toString();
  }

  /** The warnings of a configuration that is accepted. */
  warnings(options: RawConfig): readonly string[] {
    return new Builder({ env: this.bakery.env }).prepareRaw(this.config(options)).warnings;
  }

  /** Why a configuration is refused; nothing when it is not. */
  refusal(options: RawConfig): string {
    try {
      this.warnings(options);
      return "";
    } catch (error) {
      if (error instanceof ConfigError) return messageOf(error);
      throw error;
    }
  }
}
