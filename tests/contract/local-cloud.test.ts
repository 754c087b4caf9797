import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type LocalCloud, startLocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import { actions } from "../../src/outscale/oapi.ts";
import { type Answer, signedCall } from "../support/local-cloud/signed-call.ts";
import { CallClock } from "../support/outscale/call-clock.ts";
import { describeCloudContract } from "./cloud-contract.ts";
import { loadValidator } from "./oapi-validator.ts";

const latency = Object.fromEntries(
  ["volume.creating", "volume.deleting", "link.attaching", "link.detaching"]
    .concat(["snapshot.in-queue", "snapshot.pending", "image.pending", "update.updating"])
    .map((name) => [name, 1]),
);
const clock = new CallClock();

let folder: string | undefined;
let cloud: LocalCloud;
const validator = loadValidator();
const problems: string[] = [];

async function start() {
  folder = mkdtempSync(join(tmpdir(), "contract-"));
  cloud = await startLocalCloud({ stateFolder: folder, blocks: "memory", latency, clock });
  const { endpoint, vmId } = cloud;
  return { endpoint, vmId, region: "eu-west-2", account: cloud.account("builder"), other: cloud.account("other") };
}

/** What the cloud takes is valid under the description, and so is what it answers. */
function check(action: string, request: unknown, { status, body }: Answer): void {
  clock.call();
  if (status === 200) problems.push(...validator.problemsOf(`${action}Request`, withoutNulls(request)));
  problems.push(...validator.problemsOf(status === 200 ? `${action}Response` : "ErrorResponse", body));
}

/** The description has no null; the platform takes it as an absent field. */
function withoutNulls(request: unknown): unknown {
  return JSON.parse(JSON.stringify(request), (_, value) => value ?? undefined);
}

afterAll(async () => {
  await cloud?.close();
  if (folder) rmSync(folder, { recursive: true });
});

describeCloudContract("the local cloud", start, check);

describe("the local cloud under the API's description", () => {
  const client = (action: string, request: unknown) =>
    signedCall({ endpoint: cloud.endpoint, ...cloud.account("builder") }, action, request);

  it("took and sent valid bodies in every call of the contract", () => {
    expect(problems).toEqual([]);
  });

  it("knows exactly the actions of the description", () => {
    expect([...validator.actions].sort()).toEqual(Object.keys(actions).sort());
  });

  it.each(Object.keys(actions))("refuses an unknown field of %s, as its description does", async (action) => {
    const { status, body } = await client(action, { NoSuchField: 1 });
    expect(validator.problemsOf(`${action}Request`, { NoSuchField: 1 })).not.toEqual([]);
    expect([status, body.Errors?.[0].Code]).toEqual([400, "4045"]);
    expect(body.Errors[0].Details).toContain("NoSuchField");
  });

  it.each(["CreateImageExportTask", "CreateSnapshotExportTask"])(
    "answers %s as its description does",
    async (action) => {
      const OsuExport = { DiskImageFormat: "qcow2", OsuBucket: "bucket" };
      const request = {
        ...(action.includes("Image") ? { ImageId: "ami-00000000" } : { SnapshotId: "snap-00000000" }),
        OsuExport,
      };
      const answer = await client(action, request);
      check(action, request, answer);
      expect([answer.status, answer.body.Errors[0].Type]).toEqual([400, "InvalidResource"]);
      expect(problems).toEqual([]);
    },
  );
});
