import { expect, it } from "vitest";
import { FaultInjector } from "./faults.ts";
import { Lingering } from "./lingering.ts";
import type { ImageRecord } from "./records.ts";

const record = (id: string) => ({ id, accountId: "123456789012" }) as ImageRecord;

it("Lingering shows an OMI that a fault strikes for its time, and no other", () => {
  let now = 0;
  const faults = new FaultInjector();
  const lingering = new Lingering(faults, { now: () => now });
  faults.add({ kind: "lingering-image", ms: 5_000, skip: 1 });
  for (const id of ["ami-1", "ami-2", "ami-3"]) lingering.deleted(record(id));
  expect(lingering.images.map(({ id }) => id)).toEqual(["ami-2"]);
  expect(faults.list()).toEqual([]);
  now = 5_000;
  expect(lingering.images).toEqual([]);
});
