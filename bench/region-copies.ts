import { type Bakery, openBakery, publicSource } from "../tests/support/bake/bake.ts";
import { figuresOf, inTurn, seconds, tell } from "./lib/measure.ts";

// An OMI for three other regions against an OMI for one: exported once, imported at the same time. As root:
//
//   npm run bench region-copies

const ROUNDS = 2;
const OTHERS = ["us-east-2", "us-west-1", "ap-northeast-1"];
/** A third of what the local cloud takes for realistic. */
const SLOW = { "image-export.pending": 10_000, "snapshot.importing": 10_000 } as const;

/** How long the copies of a build take, in milliseconds. */
async function copyTo(bakery: Bakery, omi_regions: string[]): Promise<number> {
  const region_copy = { bucket: "bench", create_bucket: true };
  const { polling: _ours, ...source } = publicSource;
  const { artifact, events } = await bakery.bake({ ...source, omi_name: "far", omi_regions, region_copy });
  await artifact?.destroy();
  for (const region of bakery.cloud.regions) await region.idle();
  const [copied] = events.flatMap((event) =>
    event.type === "step-ended" && event.step === "StepCopyRegions" ? [event.elapsedMs] : [],
  );
  if (copied === undefined || artifact?.copies.length !== omi_regions.length) throw new Error("There are no copies");
  return copied;
}

const bakery = await openBakery("bench-region-copies", { regions: ["eu-west-2", ...OTHERS], latency: SLOW });
try {
  const subjects = [1, 3].map((count) => ({
    name: `${count}`,
    run: () => copyTo(bakery, OTHERS.slice(0, count)),
  }));
  const [one = figuresOf([]), three = figuresOf([])] = await inTurn(subjects, ROUNDS);
  const details = `one ${seconds(one)}, three ${seconds(three)}`;
  tell({ measure: "copies to three regions", value: three.median / one.median, atMost: 1.15, unit: " x one", details });
} finally {
  await bakery.close();
}
