import { describe, expect, it } from "vitest";
import { RecordingUi } from "../../tests/support/terminal/recording-ui.ts";
import { resolveTargets } from "../builder/resolve-targets.ts";
import { noLog } from "../common/log.ts";
import type { OnNotice } from "../outscale/tell-notices.ts";
import { connectToRun } from "./connect-to-run.ts";
import { openOmis } from "./omis/open-omis.ts";
import { openAccount } from "./open-account.ts";

const env = {
  OSC_CONFIG_FILE: "/nonexistent",
  ...{ OUTSCALE_ACCESSKEYID: "AKNOTICES", OUTSCALE_SECRETKEYID: "SKNOTICES", OSC_PROTOCOL: "http" },
  ...{ OSC_ACCESS_KEY_US_EAST_2: "AKEAST", OSC_SECRET_KEY_US_EAST_2: "SKEAST", OSC_PROTOCOL_US_EAST_2: "ftp" },
};
const deprecated = (variable: string) => expect.stringContaining(`The variable ${variable} is deprecated`);
const atHome = [
  deprecated("OUTSCALE_ACCESSKEYID"),
  deprecated("OUTSCALE_SECRETKEYID"),
  expect.stringContaining('The protocol "http" is not used'),
];
const inTheEast = expect.stringContaining('The protocol "ftp" is not used');

const header = {
  ...{ runId: "0a1b2c3d4e5f", buildName: "web", startedAt: "2026-01-02T03:04:05.000Z", version: "0.1.0", pid: 1 },
  ...{ endpoint: "https://api.eu-west-2.outscale.com/api/v1", region: "eu-west-2", accountId: "123456789012" },
  ...{ profile: null, deviceFolder: "/dev", localCloud: null },
};

/** Every way to an account, and what it has to tell of this environment. */
const ways: readonly [string, (onNotice: OnNotice) => Promise<unknown>, readonly unknown[]][] = [
  ["a command that reads an account", (onNotice) => openAccount({}, { env, log: noLog, onNotice }), atHome],
  ["the commands about OMIs", (onNotice) => openOmis({ env, onNotice }), atHome],
  ["cleanup", (onNotice) => connectToRun(header, { env, onNotice }), atHome],
  [
    "cleanup, in another region",
    async (onNotice) => {
      const { accessTo } = await connectToRun(header, { env, onNotice });
      await accessTo({ region: "us-east-2", accountId: "123456789012", profile: null });
    },
    [...atHome, inTheEast],
  ],
  [
    "the targets of a copy",
    (onNotice) =>
      resolveTargets({ targetRegions: ["us-east-2"], regionProfiles: {}, skipCreateOmi: false }, env, onNotice),
    [inTheEast],
  ],
];

describe("notices of how credentials were found", () => {
  it.each(ways)("are told by %s", async (_, open, expected) => {
    const told: string[] = [];
    await open((notice) => told.push(notice));
    expect(told).toEqual(expected);
  });

  it("are warnings where there is a user interface, and nobody else listens", async () => {
    const ui = new RecordingUi();
    await openOmis({ env, ui });
    expect(ui.of("warn")).toEqual(atHome);
  });
});
