import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type OptionEntry, optionReference } from "../../src/config/option-reference.ts";
import { accessProofs } from "../support/option-proofs/access-proofs.ts";
import { chrootProofs } from "../support/option-proofs/chroot-proofs.ts";
import { engineProofs } from "../support/option-proofs/engine-proofs.ts";
import { omiProofs } from "../support/option-proofs/omi-proofs.ts";
import { packerProofs } from "../support/option-proofs/packer-proofs.ts";
import { ProofBench } from "../support/option-proofs/proof-bench.ts";
import { regionProofs } from "../support/option-proofs/region-proofs.ts";
import { sourceProofs } from "../support/option-proofs/source-proofs.ts";
import { unchangedProofs } from "../support/option-proofs/unchanged-proofs.ts";
import { requirePrograms } from "../support/suite/requirements.ts";

const describe = requirePrograms("openssl");
const proofs = [
  ...sourceProofs,
  ...omiProofs,
  ...regionProofs,
  ...chrootProofs,
  ...accessProofs,
  ...engineProofs,
  ...unchangedProofs,
  ...packerProofs,
];

/** Every option of the schema, those inside blocks too: `tag.key`. */
function pathsOf(entries: readonly OptionEntry[], prefix = ""): string[] {
  return entries.flatMap(({ name, options }) => [`${prefix}${name}`, ...pathsOf(options, `${prefix}${name}.`)]);
}

describe("every option", () => {
  let bench: ProofBench;
  beforeAll(async () => {
    bench = await ProofBench.open();
  });
  afterEach(() => bench.bakery.cloud.faults.clear());
  afterAll(() => bench.close());

  it("has a proof that it has an effect", () => {
    const options = optionReference.flatMap((group) => pathsOf(group.options));
    expect(proofs.flatMap((proof) => proof.options).toSorted()).toEqual(options.toSorted());
  });

  it.each(proofs.map((proof) => [proof.options[0], proof.shows, proof] as const))(
    "%s: %s",
    async (_first, _shows, proof) => {
      await proof.prove(bench);
      const { images, ...rest } = await bench.bakery.leftovers();
      expect(images).toEqual([`${bench.base.ImageId} base`]);
      expect([rest.volumes, rest.mounts, rest.journals, rest.links, rest.violations]).toEqual([[], [], [], [], []]);
    },
  );
});
