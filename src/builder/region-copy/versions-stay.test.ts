import { expect, it } from "vitest";
import { RecordingUi } from "../../../tests/support/terminal/recording-ui.ts";
import { VersionsStayError } from "../../outscale/object-storage/storage-error.ts";
import { unlessVersionsStay } from "./versions-stay.ts";

const failure = { operation: "DeleteObject", bucket: "acme", httpStatus: 403, ambiguous: false };

it("unlessVersionsStay() warns with what to do, and takes what is hidden for released", async () => {
  const ui = new RecordingUi();
  const error = new VersionsStayError(failure, "Versions stay", { hint: "Have its owner remove them" });
  await unlessVersionsStay(Promise.reject(error), { ui });
  expect(ui.of("warn")).toEqual(["Versions stay. Have its owner remove them"]);
});

it("unlessVersionsStay() passes every other failure on", async () => {
  const error = new Error("no answer");
  await expect(unlessVersionsStay(Promise.reject(error), { ui: new RecordingUi() })).rejects.toBe(error);
});
