import { describe, expect, it } from "vitest";
import { FakeClock } from "../../tests/support/outscale/fake-clock.ts";
import { CancelledError } from "../common/errors.ts";
import { createRateLimiter, sharedRateLimiter, unlimited } from "./rate-limiter.ts";

describe("createRateLimiter()", () => {
  it("lets a burst pass and then keeps to the rate", async () => {
    const clock = new FakeClock(0);
    const limiter = createRateLimiter({ requestsPerSecond: 5, burst: 3, clock });
    const passedAt: number[] = [];
    const call = () => limiter.take().then(() => passedAt.push(clock.now()));
    await clock.run(Promise.all([call(), call(), call(), call(), call()]));
    expect(passedAt).toEqual([0, 0, 0, 200, 400]);
    await clock.run(clock.sleep(10_000));
    await clock.run(Promise.all([call(), call(), call(), call()]));
    expect(passedAt.slice(5)).toEqual([10_400, 10_400, 10_400, 10_600]);
  });

  it("ends a wait when the signal fires", async () => {
    const clock = new FakeClock();
    const limiter = createRateLimiter({ requestsPerSecond: 1, burst: 1, clock });
    await limiter.take();
    const controller = new AbortController();
    const waiting = limiter.take(controller.signal);
    controller.abort();
    await expect(waiting).rejects.toThrow(CancelledError);
  });
});

describe("sharedRateLimiter()", () => {
  it("is one per account", () => {
    const account = { endpoint: "https://api.example", accessKey: "A" };
    expect(sharedRateLimiter({ ...account })).toBe(sharedRateLimiter({ ...account }));
    expect(sharedRateLimiter({ ...account, accessKey: "B" })).not.toBe(sharedRateLimiter(account));
  });

  it.each(["http://127.0.0.1:8080/api/v1", "http://localhost:8080", "http://[::1]:8080", "unix:/run/cloud.sock"])(
    "does not slow down %s",
    (endpoint) => {
      expect(sharedRateLimiter({ endpoint, accessKey: "A" })).toBe(unlimited);
    },
  );
});
