import { expect, it } from "vitest";
import { ownAccount } from "../../tests/support/builder/api-objects.ts";
import { startServer } from "../../tests/support/outscale/start-server.ts";
import { Builder } from "../builder/builder.ts";
import { noLog } from "../common/log.ts";
import { checkOtherRegions } from "./check-other-regions.ts";

/** A service that is busy the first time that it is asked for something. */
async function busyRegion() {
  const asked = new Set<string>();
  return startServer((request, response) => {
    const what = `${request.method} ${request.url?.split("?")[0]}`;
    const isBusy = !asked.has(what);
    asked.add(what);
    response.writeHead(isBusy ? 503 : 200, { "content-type": "application/json" });
    response.end(isBusy ? "" : JSON.stringify({ Accounts: [{ AccountId: ownAccount }], QuotaTypes: [], Images: [] }));
  });
}

it("checkOtherRegions() says what is tried again, and in which region, of buckets, too; and what has no effect", async () => {
  await using home = await busyRegion();
  await using east = await busyRegion();
  const keys = (ending: string, port: number) => ({
    [`OSC_ACCESS_KEY${ending}`]: "ABCDEFGHIJKLMNOPQRST",
    [`OSC_SECRET_KEY${ending}`]: "SECRETKEYOFTHETEST",
    [`OSC_ENDPOINT_API${ending}`]: `http://127.0.0.1:${port}/api/v1`,
    [`OSC_ENDPOINT_OOS${ending}`]: `http://127.0.0.1:${port}`,
  });
  const env = {
    OSC_REGION: "eu-west-2",
    OSC_PROTOCOL_US_EAST_2: "ftp",
    ...keys("", home.port),
    ...keys("_US_EAST_2", east.port),
  };
  const { config } = new Builder({ env }).prepare({
    ...{ source_omi: "ami-0a1b2c3d", omi_name: "far" },
    ...{ omi_regions: ["us-east-2"], region_copy: { bucket: "acme" } },
  });
  const told: string[] = [];
  const omi = { accountId: ownAccount, omiName: "far", snapshots: 1 };
  const notices: string[] = [];
  const onNotice = (notice: string) => notices.push(notice);
  await checkOtherRegions(config, omi, { env, log: noLog, onRetry: (message) => told.push(message), onNotice });
  const calls = told.map((message) => message.replace(/: retrying.*/s, ""));
  expect(calls.toSorted()).toEqual([
    "HeadBucket in eu-west-2",
    "ReadAccounts in us-east-2",
    "ReadImages in us-east-2",
    "ReadQuotas in eu-west-2",
    "ReadQuotas in us-east-2",
  ]);
  expect(notices).toEqual([expect.stringContaining('The protocol "ftp" is not used')]);
});
