import { expect, it } from "vitest";
import { image, ownAccount } from "../../../tests/support/builder/api-objects.ts";
import { scriptedApi } from "../../../tests/support/outscale/scripted-api.ts";
import { messageOf } from "../../common/errors.ts";
import { requireTarget } from "./check-target.ts";

const { signal } = new AbortController();
const place = { region: "us-east-2", accountId: ownAccount, profile: null };

it("requireTarget() says how whoever asks can go on when the name is taken", async () => {
  const { api } = scriptedApi({
    readImages: () => ({ Images: [image({ ImageName: "web", AccountId: ownAccount })] }),
    readQuotas: () => ({ QuotaTypes: [] }),
  });
  const input = { cloud: { api, place }, name: "web", snapshots: 1, option: "name", signal };
  const said = await requireTarget({ ...input, ifTaken: "Think of another" }).catch(messageOf);
  expect(said).toContain(`already has an OMI named "web" in us-east-2: ami-0a1b2c3d (Think of another)`);
  expect(said).not.toContain("-force");
});
