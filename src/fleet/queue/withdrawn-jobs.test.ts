import { describe, expect, it } from "vitest";
import type { FleetQueue } from "./fleet-queue.ts";
import { RefusalError } from "./refusal-error.ts";
import { readJobData, withdrawJob } from "./withdrawn-jobs.ts";

/** A queue with a job that is in a state, and in another after somebody has tried to remove it. */
function queueWith(before: string, remove: () => Promise<void>, after = before): FleetQueue {
  let state = before;
  const job = {
    getState: async () => state,
    remove: async () => {
      state = after;
      await remove();
    },
  };
  return { jobs: { getJob: async () => job } } as unknown as FleetQueue;
}

const locked = () => Promise.reject(new Error("Job aa could not be removed because it is locked by another worker"));

describe("readJobData()", () => {
  it("gives nothing that anybody has sealed for a job that is no JSON, and passes on a refusal", async () => {
    const failing = (error: Error) => ({ jobs: { getJob: () => Promise.reject(error) } }) as unknown as FleetQueue;
    expect(await readJobData(failing(new SyntaxError("Unexpected token")), "aa")).toEqual({});
    await expect(readJobData(failing(new RefusalError("BUSY no")), "aa")).rejects.toThrow("BUSY");
  });
});

describe("withdrawJob()", () => {
  it("leaves a job to the worker that has it, or takes it just now", async () => {
    expect(await withdrawJob(queueWith("active", expect.unreachable), "aa")).toBe(false);
    expect(await withdrawJob(queueWith("prioritized", locked, "active"), "aa")).toBe(false);
  });

  it("takes back nothing that is no JSON: it is none of ours", async () => {
    const getJob = () => Promise.reject(new SyntaxError("Unexpected token"));
    expect(await withdrawJob({ jobs: { getJob } } as unknown as FleetQueue, "aa")).toBe(false);
  });

  it.each(["OOM no", "READONLY no", "NOPERM no"])("says so when the queue will not remove it: %s", async (reason) => {
    const refused = new RefusalError(reason);
    await expect(
      withdrawJob(
        queueWith("delayed", () => Promise.reject(refused)),
        "aa",
      ),
    ).rejects.toBe(refused);
  });
});
