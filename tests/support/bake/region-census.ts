import type { LocalCloud } from "../../../src/local-cloud/start-local-cloud.ts";
import type { Api } from "../../../src/outscale/api.ts";
import { createApi } from "../../../src/outscale/client.ts";
import { unlimited } from "../../../src/outscale/rate-limiter.ts";

/** How many of what a copy could leave a region has, of every account. */
export interface Census {
  readonly images: number;
  readonly snapshots: number;
  readonly volumes: number;
  readonly buckets: number;
  readonly objects: number;
}

/** What every region of a cloud has, in their order, once it has done what it was asked for. */
export async function censusOf({ regions }: LocalCloud): Promise<Readonly<Record<string, Census>>> {
  for (const region of regions) await region.idle();
  return Object.fromEntries(
    regions.map((cloud) => {
      const { images, snapshots, volumes, buckets, objects } = cloud.status();
      return [cloud.regionName, { images, snapshots, volumes, buckets, objects }];
    }),
  );
}

/** One region of a local cloud, as the builder's account of it sees it. */
export function apiOf(cloud: LocalCloud): Api & AsyncDisposable {
  const { accessKey, secretKey } = cloud.account("builder");
  const access = { endpoint: cloud.endpoint, region: cloud.regionName, accessKey, secretKey };
  return createApi({ access: { ...access, insecureSkipTlsVerify: false }, env: {}, limiter: unlimited });
}
