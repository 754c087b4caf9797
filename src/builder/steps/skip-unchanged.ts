import { formatAge } from "../../common/duration.ts";
import { UsageError } from "../../common/errors.ts";
import type { Image } from "../../outscale/oapi.ts";
import { readAll } from "../../outscale/pagination.ts";
import type { Build } from "../build.ts";
import { concealed, digestInputs, ownInputs } from "../product-inputs.ts";
import { INPUTS_TAG_KEY, inputsDigestOf, type ProductMark } from "../product-tags.ts";
import { step } from "../step.ts";

/** Whether the account has the product already, and what a new one is to be found by. */
export interface Unchanged {
  readonly image: Image | undefined;
  readonly mark: ProductMark;
}

/**
 * `skip_unchanged`: looks for an available OMI of the account that was made of the same inputs. Nothing is changed.
 * @throws {UsageError} when nobody has said what goes into the image
 */
export const skipUnchanged = step(
  "StepSkipUnchanged",
  async (build: Build, { source }: { readonly source: Image | undefined }): Promise<Unchanged> => {
    const { config, inputs, accountId, ui, emit } = build;
    if (inputs === undefined) {
      const hint = "Give inputs to run(), or let bake() do it, which knows the provisioners of a template";
      throw new UsageError("skip_unchanged needs to know all that goes into the image", { hint });
    }
    ui.say("Looking for an OMI that was made from the same inputs...");
    const all = [...inputs.inputs, ...ownInputs(build, source)];
    const digest = await digestInputs(all, accountId);
    const image = await findUnchanged(build, digest, config.skipUnchangedMaxAge);
    emit({ type: "inputs", inputs: concealed(all, inputs.key), digest, reusedImageId: image?.ImageId });
    if (image !== undefined) {
      const made = `${image.ImageId} (${image.ImageName}) of ${image.CreationDate}`;
      ui.message(`Nothing has changed: the artifact is ${made}, and nothing is built`);
    }
    return { image, mark: { digest, sourceId: source?.ImageId } };
  },
);

/** The newest available OMI of the account that was made of these inputs, or is a copy of one that was. */
export async function findMadeOf(
  { api, accountId, signal }: Pick<Build, "api" | "accountId" | "signal">,
  digest: string,
): Promise<Image | undefined> {
  const filters = { AccountIds: [accountId], TagKeys: [INPUTS_TAG_KEY], States: ["available"] };
  const tagged = await readAll(
    "ReadImages",
    (page) => api.readImages({ Filters: filters, ...page }, { signal }),
    (answer) => answer.Images,
  );
  const isOurs = (image: Image) => image.AccountId === accountId && image.State === "available";
  const [newest] = tagged
    .filter((image) => isOurs(image) && inputsDigestOf(image) === digest)
    .toSorted((a, b) => Date.parse(b.CreationDate) - Date.parse(a.CreationDate));
  return newest;
}

/** The one that can be the artifact, if there is one. */
async function findUnchanged(
  build: Pick<Build, "api" | "accountId" | "clock" | "signal" | "ui">,
  digest: string,
  maxAgeMs: number | undefined,
): Promise<Image | undefined> {
  const { clock, ui } = build;
  const newest = await findMadeOf(build, digest);
  if (newest === undefined) {
    ui.message("There is none: it is built");
    return undefined;
  }
  const ageMs = clock.now() - Date.parse(newest.CreationDate);
  if (maxAgeMs === undefined || ageMs <= maxAgeMs) return newest;
  ui.message(`${newest.ImageId} (${newest.ImageName}) is older than ${formatAge(maxAgeMs)}: it is built again`);
  return undefined;
}
