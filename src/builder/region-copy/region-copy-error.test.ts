import { expect, it } from "vitest";
import { AuthError, ExitCode, TimeoutError } from "../../common/errors.ts";
import { RegionCopyError } from "./region-copy-error.ts";

const east = { region: "us-east-2", error: new TimeoutError("it is late", { hint: "Wait longer" }) };
const west = { region: "us-west-1", error: new AuthError("it is refused") };

const commands = { retry: "omi copy", cleanup: "outscale-chroot cleanup -state /srv/x 0123456789ab" };

it("RegionCopyError says once which region has failed, why, and what finishes it", () => {
  const error = new RegionCopyError([east], commands);
  expect(error.message).toBe("The copy failed in us-east-2: it is late");
  expect(error.hint).toBe("Wait longer. Nothing of it is left there. Try again with: omi copy");
  expect(error.exitCode).toBe(ExitCode.Timeout);
});

it("RegionCopyError says where something is left, and that it has to go first", () => {
  const error = new RegionCopyError([{ ...east, isSomethingLeft: true }, west], commands);
  expect(error.hint).toBe(
    'Something of it is left in us-east-2: run "outscale-chroot cleanup -state /srv/x 0123456789ab" first. Try again with: omi copy',
  );
});

it("RegionCopyError says of several what is wrong in each", () => {
  const error = new RegionCopyError([east, west], commands);
  expect(error.message).toBe(
    "The copy failed in us-east-2, us-west-1: us-east-2: it is late; us-west-1: it is refused",
  );
  expect(error.exitCode).toBe(ExitCode.Failed);
});
