import { expect, it } from "vitest";
import { RecordingUi } from "../../../tests/support/terminal/recording-ui.ts";
import { copyOmi } from "./copy-omi.ts";

it("copyOmi() refuses to delete the snapshots of what it does not replace", async () => {
  const input = { omi: "web", bucket: "images", targets: [{ region: "us-east-2" }], env: {}, ui: new RecordingUi() };
  await expect(copyOmi({ ...input, forceDeleteSnapshot: true })).rejects.toMatchObject({
    ...{ code: "E_USAGE", exitCode: 2 },
    hint: expect.stringContaining("-force"),
  });
});
