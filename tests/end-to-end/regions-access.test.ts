import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { LocalCloud } from "../../src/local-cloud/start-local-cloud.ts";
import { hastyClock } from "../support/bake/hasty-clock.ts";
import { farConfig, RegionBench } from "../support/bake/region-bench.ts";
import { censusOf } from "../support/bake/region-census.ts";
import { makeCertificate, openDoor, type PemFiles } from "../support/outscale/forwarding-door.ts";
import { requireRoot } from "../support/suite/requirements.ts";

const describe = requireRoot();

describe("the way of a build into other regions", () => {
  let bench: RegionBench;
  beforeAll(async () => {
    bench = await RegionBench.open("regions-access-test");
  });
  afterAll(() => bench[Symbol.asyncDispose]());
  beforeEach(() => bench.count());
  afterEach(() => bench.clear());

  it("shows the client certificate of a region to its API and its buckets, and of the other region no other", async () => {
    const { folder } = bench.bakery;
    const tls = makeCertificate(folder, "server");
    const certificates = { home: makeCertificate(folder, "of-home"), east: makeCertificate(folder, "of-east") };
    await using homeDoor = await openDoor(bench.home.storageEndpoint, { tls, onlyClient: certificates.home.cert });
    await using eastDoor = await openDoor(bench.east.storageEndpoint, { tls, onlyClient: certificates.east.cert });
    const profile = (cloud: LocalCloud, url: string, { cert, key }: PemFiles) => {
      const { accessKey, secretKey } = cloud.account("builder");
      const keys = { access_key: accessKey, secret_key: secretKey, region: cloud.regionName };
      const pem = { x509_client_cert: cert, x509_client_key: key, tls_skip_verify: true };
      return { ...keys, ...pem, endpoints: { api: `${url}/api/v1`, oos: url } };
    };
    const file = join(folder, "profiles-with-certificates.json");
    const write = (ofEast: PemFiles) =>
      writeFile(
        file,
        JSON.stringify({
          home: profile(bench.home, homeDoor.url, certificates.home),
          "us-east-2": profile(bench.east, eastDoor.url, ofEast),
        }),
      );
    const { OSC_ACCESS_KEY: _key, OSC_SECRET_KEY: _secret, ...rest } = bench.bakery.env;
    const env = { ...rest, OSC_CONFIG_FILE: file };
    const options = { ...farConfig, profile: "home", omi_regions: ["us-east-2"] };
    await write(certificates.home);
    await expect(bench.bakery.bake(options, { env, clock: hastyClock() })).rejects.toMatchObject({ code: "E_API" });
    expect(await censusOf(bench.bakery.cloud)).toEqual(bench.before);
    await write(certificates.east);
    const { artifact } = await bench.bakery.bake(options, { env });
    if (artifact) bench.artifacts.push(artifact);
    expect(artifact?.copies).toHaveLength(1);
    expect([[...homeDoor.clients], [...eastDoor.clients]]).toEqual([["of-home"], ["of-east"]]);
    for (const door of [homeDoor, eastDoor])
      expect(door.paths.some((path) => path.endsWith("/CreateImage"))).toBe(true);
    expect(homeDoor.paths.some((path) => path.startsWith("/acme"))).toBe(true);
    // It is deleted by way of the same doors.
    await artifact?.destroy();
    bench.artifacts.splice(0);
    expect(await censusOf(bench.bakery.cloud)).toEqual(bench.before);
  });

  it("takes a region that is not known when it is told to", async () => {
    const env = { ...bench.bakery.env };
    const { accessKey, secretKey } = bench.east.account("builder");
    Object.assign(env, {
      OSC_ACCESS_KEY_MOON_1: accessKey,
      OSC_SECRET_KEY_MOON_1: secretKey,
      OSC_ENDPOINT_API_MOON_1: bench.east.endpoint,
    });
    const baked = await bench.bakery.bake(
      { ...farConfig, omi_regions: ["moon-1"], skip_region_validation: true },
      { env },
    );
    if (baked.artifact) bench.artifacts.push(baked.artifact);
    expect(baked.artifact?.id).toMatch(/^eu-west-2:ami-[0-9a-f]{8},moon-1:ami-[0-9a-f]{8}$/);
  });
});
