import { imageKind } from "../resources/image.ts";
import { replacedImageKind } from "../resources/replaced-image.ts";
import { snapshotKind } from "../resources/snapshot.ts";
import { elsewhere } from "./elsewhere.ts";

/** The OMI that a copy ends in. */
export const regionImageKind = elsewhere(imageKind);
/** The OMI that had its name before. */
export const regionReplacedImageKind = elsewhere(replacedImageKind);
export const regionSnapshotKind = elsewhere(snapshotKind);
