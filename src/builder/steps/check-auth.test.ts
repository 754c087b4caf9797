import { describe, expect, it } from "vitest";
import { refusal } from "../../../tests/support/builder/api-objects.ts";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { AuthError } from "../../common/errors.ts";
import { checkAuth } from "./check-auth.ts";

describe("checkAuth()", () => {
  it("tries the credentials on a call of builds, and says whose they are", async () => {
    await using fake = await fakeBuild({
      api: { dryRun: () => undefined, readAccounts: () => ({ Accounts: [{ AccountId: "123456789012" }] }) },
    });
    expect(await checkAuth(fake.build)).toBe("123456789012");
    expect(fake.calls).toEqual([
      ["dryRun", "ReadVms"],
      ["readAccounts", {}],
    ]);
  });

  it("asks no more when they are refused", async () => {
    const dryRun = () => {
      throw refusal("ReadVms", "4120");
    };
    await using fake = await fakeBuild({ api: { dryRun } });
    await expect(checkAuth(fake.build)).rejects.toMatchObject({ step: "StepCheckAuth" });
    expect(fake.calls).toHaveLength(1);
  });

  it("does not take an account without an id", async () => {
    await using fake = await fakeBuild({ api: { dryRun: () => undefined, readAccounts: () => ({ Accounts: [] }) } });
    await expect(checkAuth(fake.build)).rejects.toThrow(AuthError);
  });
});
