import { expect, it } from "vitest";
import { image, ownAccount } from "../../tests/support/builder/api-objects.ts";
import { scriptedApi } from "../../tests/support/outscale/scripted-api.ts";
import { RecordingUi } from "../../tests/support/terminal/recording-ui.ts";
import { settleOldSnapshots } from "./old-snapshots.ts";

it.each([
  [["snap-1"], "The old OMI's snapshot stays: snap-1. With -force-delete-snapshot it would go, too"],
  [
    ["snap-1", "snap-2"],
    "The old OMI's snapshots stay: snap-1, snap-2. With -force-delete-snapshot they would go, too",
  ],
])("settleOldSnapshots() tells of %j, and what would have deleted them", async (ids, expected) => {
  const ui = new RecordingUi();
  const account = { ...scriptedApi({}), accountId: ownAccount, ui, warn: () => undefined };
  const BlockDeviceMappings = ids.map((SnapshotId, index) => ({ DeviceName: `/dev/xvd${index}`, Bsu: { SnapshotId } }));
  const old = { replaced: image({ BlockDeviceMappings }), kept: ["snap-new"] };
  const { signal } = new AbortController();
  await settleOldSnapshots({ ...account, signal }, { ...old, areDeleted: false, option: "-force-delete-snapshot" });
  expect(ui.of("message")).toEqual([expected]);
});
