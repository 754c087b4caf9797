import { imageKind } from "../resources/image.ts";
import { snapshotKind } from "../resources/snapshot.ts";
import { elsewhere } from "./elsewhere.ts";

/** The OMI that a copy ends in. */
export const regionImageKind = elsewhere(imageKind);
export const regionSnapshotKind = elsewhere(snapshotKind);
