import type { ResourceKind } from "../resource-kind.ts";
import { deviceLinksKind } from "./device-links.ts";
import { folderKind } from "./folder.ts";
import { copiedImageKind, imageKind } from "./image.ts";
import { linkKind } from "./link.ts";
import { mountKind } from "./mount.ts";
import { replacedImageKind } from "./replaced-image.ts";
import { snapshotKind } from "./snapshot.ts";
import { volumeKind } from "./volume.ts";

const kinds = [
  volumeKind,
  linkKind,
  deviceLinksKind,
  folderKind,
  mountKind,
  snapshotKind,
  copiedImageKind,
  imageKind,
  replacedImageKind,
];

/** Every kind that a journal may name. `cleanup` reads intents that the same version's `acquire` has written. */
export const kindsByName: ReadonlyMap<string, ResourceKind> = new Map(
  kinds.map((kind) => [kind.name, kind as unknown as ResourceKind]),
);
