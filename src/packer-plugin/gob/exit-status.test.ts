import { describe, expect, it } from "vitest";
import { captured } from "../../../tests/support/packer-plugin/fake-core.ts";
import { encodeExitStatus } from "./exit-status.ts";

const definition = captured(
  '2c ff 81 03 01 01 0f "CommandFinished" 01 ff 82 00 01 01 01 0a "ExitStatus" 01 04 00 00 00',
);

describe("encodeExitStatus()", () => {
  it.each([
    [0, "03 ff 82 00"],
    [1, "05 ff 82 01 02 00"],
    [7, "05 ff 82 01 0e 00"],
    [123, "06 ff 82 01 ff f6 00"],
    [127, "06 ff 82 01 ff fe 00"],
    [-1, "05 ff 82 01 01 00"],
  ])("writes %i as Go does", (code, value) => {
    expect(encodeExitStatus(code)).toEqual(Buffer.concat([definition, captured(value)]));
  });
});
