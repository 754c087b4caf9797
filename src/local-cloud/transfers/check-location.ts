import { BucketRefusal } from "../buckets/bucket-refusal.ts";
import type { Cloud } from "../cloud.ts";
import { Refusal } from "../refusal.ts";
import { openLocation } from "./open-location.ts";

/** @throws {Refusal} `bad-parameter` when an import could not read its object already now */
export function checkLocation(cloud: Cloud, location: string): void {
  try {
    openLocation(cloud, location);
  } catch (error) {
    if (!(error instanceof BucketRefusal)) throw error;
    throw new Refusal("bad-parameter", `FileLocation cannot be read: ${error.code}, ${error.message}`);
  }
}
