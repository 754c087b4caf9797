import { describe, expect, it } from "vitest";
import { ApiError, WaitTimeoutError, WentBackError } from "./errors.ts";
import { insist } from "./insist.ts";

const wentBack = () => new WentBackError("Given up", { resourceId: "vol-1", lastState: "in-use" });
const refusal = (apiCode: string) => new ApiError({ action: "UnlinkVolume", apiCode, ambiguous: false }, "Refused");

/** Waits that end as scripted, the last one for ever; and how often the call was sent. */
function scripted(ends: readonly (string | Error)[], refusals: readonly (Error | undefined)[] = []) {
  const told: WentBackError[] = [];
  const count = { asked: 0, waited: 0 };
  const input = {
    ask: async () => {
      const refused = refusals[count.asked++];
      if (refused) throw refused;
    },
    wait: async () => {
      const end = ends[Math.min(count.waited++, ends.length - 1)];
      if (end instanceof Error) throw end;
      return end;
    },
    onWentBack: (error: WentBackError) => told.push(error),
  };
  return { input, count, told };
}

describe("insist()", () => {
  it("asks once when once is enough", async () => {
    const { input, count, told } = scripted(["gone"]);
    expect(await insist(input)).toBe("gone");
    expect([count.asked, told.length]).toEqual([1, 0]);
  });

  it("asks again for what was given up, and says so", async () => {
    const { input, count, told } = scripted([wentBack(), wentBack(), "gone"]);
    expect(await insist(input)).toBe("gone");
    expect([count.asked, told.length]).toEqual([3, 2]);
  });

  it("does not ask for what was asked for already, until it is given up", async () => {
    const { input, count } = scripted([wentBack(), "gone"]);
    await insist({ ...input, isAsked: true });
    expect(count.asked).toBe(1);
  });

  it("gives up itself after four times", async () => {
    const { input, count } = scripted([wentBack()]);
    await expect(insist(input)).rejects.toBeInstanceOf(WentBackError);
    expect(count.asked).toBe(4);
  });

  it("does not ask again after another end of the wait", async () => {
    const { input, count } = scripted([new WaitTimeoutError("Late", { resourceId: "vol-1", lastState: "detaching" })]);
    await expect(insist(input)).rejects.toBeInstanceOf(WaitTimeoutError);
    expect(count.asked).toBe(1);
  });

  it.each(["6007", "9063", "5064"])("goes on waiting when the repetition is refused with %s", async (code) => {
    const { input, count } = scripted([wentBack(), "gone"], [undefined, refusal(code)]);
    expect(await insist(input)).toBe("gone");
    expect(count.asked).toBe(2);
  });

  it("does not hide a refusal of the first call, nor another one of a later call", async () => {
    await expect(insist(scripted(["gone"], [refusal("6007")]).input)).rejects.toThrow("Refused");
    await expect(insist(scripted([wentBack()], [undefined, refusal("2000")]).input)).rejects.toThrow("Refused");
  });
});
