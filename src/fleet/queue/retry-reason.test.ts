import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FleetError, ProvisionError, TimeoutError } from "../../common/errors.ts";
import { ApiError, WaitError, WaitTimeoutError } from "../../outscale/errors.ts";
import { StorageError } from "../../outscale/object-storage/storage-error.ts";
import { LostProcessError, retryReasonOf, retryTable } from "./retry-reason.ts";
import { sentErrorOf } from "./sent-error.ts";

/** Every code that the sources have. */
function allCodes(): readonly string[] {
  const root = new URL("../../", import.meta.url).pathname;
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) =>
    /(?<!\.test)\.ts$/.test(file),
  );
  const codes = files.flatMap((file) => readFileSync(join(root, file), "utf8").match(/"E_[A-Z_]+"/g) ?? []);
  return [...new Set(codes.map((code) => code.slice(1, -1)))].sort();
}

const api = (parts: object) => new ApiError({ action: "CreateVolume", ambiguous: false, ...parts }, "it failed");
const storage = (httpStatus?: number) =>
  new StorageError({ operation: "PutObject", ambiguous: false, httpStatus }, "it failed");
const wait = { resourceId: "vol-1", lastState: "error" };

describe("retryReasonOf()", () => {
  it("has a verdict for every code of the house, and for no other", () => {
    expect(Object.keys(retryTable).sort()).toEqual(allCodes());
  });

  it.each([
    [api({ httpStatus: 503, apiCode: "6" }), "throttling"],
    [api({ httpStatus: 429 }), "throttling"],
    [api({ httpStatus: 400, apiCode: "10018" }), "quota"],
    [api({ httpStatus: 400, apiCode: "10008" }), "quota"],
    [api({ httpStatus: 500 }), "service"],
    [api({}), "network"],
    [api({ httpStatus: 400, apiCode: "5064" }), undefined],
    [api({ httpStatus: 409, apiCode: "9029" }), undefined],
    [storage(), "network"],
    [storage(429), "throttling"],
    [storage(503), "service"],
    [storage(404), undefined],
    [new WaitError("it ended in error", wait), "service"],
    [new WaitTimeoutError("it is not there yet", wait), "service"],
    [new TimeoutError("The provisioner did not end within 1m"), undefined],
    [new LostProcessError("The process of the build ended before it: SIGKILL"), "worker"],
    [new FleetError("The bundle is refused"), undefined],
    [new ProvisionError("The script ended with exit code 3"), undefined],
    [new TypeError("a bug"), undefined],
    [Object.assign(new Error("no space"), { syscall: "write", code: "ENOSPC" }), undefined],
  ])("%s is tried again for %s", (error, reason) => {
    expect(sentErrorOf(error).retry).toBe(reason);
  });

  it("knows no code that it has not heard of", () => {
    expect(retryReasonOf("E_OF_THE_FUTURE", new Error("x"))).toBeUndefined();
  });
});
