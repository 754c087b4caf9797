import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { prepareBuilds } from "../../../src/bake/prepare-builds.ts";
import { readInputs } from "../../../src/bake/unchanged/read-inputs.ts";
import type { RawConfig } from "../../../src/definition/raw-value.ts";
import { hastyClock } from "../bake/hasty-clock.ts";
import type { OptionProof, ProofBench } from "./proof-bench.ts";

/** What `bake()` would say goes into a build of these options, which has no provisioners. */
async function inputsOf(bench: ProofBench, options: RawConfig) {
  const definition = {
    ...{ name: "outscale-chroot.proof", type: "outscale-chroot", sourceName: "proof", config: bench.config(options) },
    ...{ sensitiveOptions: new Set<string>(), locate: () => undefined },
    ...{ provisioners: [], errorCleanupProvisioner: undefined, postProcessors: [] },
  };
  const [build] = prepareBuilds([definition], { builder: { env: bench.bakery.env } });
  if (build === undefined) throw new Error("There is no build");
  return { inputs: await readInputs(build), key: "key" };
}

/** When an image need not be built again. */
export const unchangedProofs: readonly OptionProof[] = [
  {
    options: ["skip_unchanged", "skip_unchanged_max_age", "skip_unchanged_files"],
    shows: "an OMI of the same is taken, unless it is too old or a file has changed",
    prove: async (bench) => {
      const file = join(bench.bakery.folder, "input");
      await writeFile(file, "one");
      const options = { skip_unchanged: true, skip_unchanged_max_age: "2d", skip_unchanged_files: [file] };
      const bake = async (now?: number) => {
        const clock = now === undefined ? {} : { clock: Object.assign(hastyClock(), { now: () => now }) };
        const inputs = await inputsOf(bench, options);
        return (await bench.bakery.bake(bench.config(options), { inputs, ...clock })).artifact;
      };
      const first = await bake();
      expect((await bake())?.product).toMatchObject({ imageId: first?.product.imageId, isReused: true });
      const nameTaken = /already has an OMI/;
      await expect(bake(Date.now() + 3 * 86_400_000)).rejects.toThrow(nameTaken);
      await writeFile(file, "two");
      await expect(bake()).rejects.toThrow(nameTaken);
      await first?.destroy();
    },
  },
];
