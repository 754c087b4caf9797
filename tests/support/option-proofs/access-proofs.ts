import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { RecordedCalls } from "../bake/recorded-calls.ts";
import { makeCertificate, openDoor } from "../outscale/forwarding-door.ts";
import type { OptionProof, ProofBench } from "./proof-bench.ts";

const dry = { skip_create_omi: true };

/** How the API is reached and who asks. */
export const accessProofs: readonly OptionProof[] = [
  {
    options: ["access_key", "secret_key"],
    shows: "another account asks, which has no such VM",
    prove: async (bench) => {
      const { id, accessKey, secretKey } = bench.bakery.cloud.account("other");
      const calls = new RecordedCalls(bench.bakery, id);
      const { error } = await bench.bakeInVain({ access_key: accessKey, secret_key: secretKey });
      expect(error.message).toMatch(/the account has no VM/);
      expect(calls.actions).toContain("ReadAccounts");
    },
  },
  {
    options: ["region"],
    shows: "the artifact is of that region, and a VM of another one is refused",
    prove: async (bench) => {
      const { artifact } = await bench.bake({ region: "eu-west-2" });
      expect(artifact?.id).toMatch(/^eu-west-2:ami-/);
      const { error } = await bench.bakeInVain({ region: "us-east-2" });
      expect(error.message).toMatch(/^region: is us-east-2, but i-[0-9a-f]+ is in eu-west-2a$/);
    },
  },
  {
    options: ["profile"],
    shows: "credentials and endpoint come from it",
    prove: async (bench) => {
      const { OSC_ACCESS_KEY, OSC_SECRET_KEY, OSC_ENDPOINT_API, ...env } = bench.bakery.env;
      const file = join(bench.bakery.folder, "config.json");
      const keys = { access_key: OSC_ACCESS_KEY, secret_key: OSC_SECRET_KEY };
      await writeFile(file, JSON.stringify({ baking: { ...keys, endpoints: { api: OSC_ENDPOINT_API } } }));
      const options = { env: { ...env, OSC_CONFIG_FILE: file } };
      expect((await bench.bakeInVain(dry, options)).error).toMatchObject({ code: "E_AUTH" });
      const { calls } = await bench.bake({ ...dry, profile: "baking" }, options);
      expect(calls.actions).toContain("CreateVolume");
    },
  },
  {
    options: ["custom_endpoint_oapi"],
    shows: "every call goes there",
    prove: async (bench) => {
      await using door = await openDoor(cloudOf(bench));
      const { calls } = await bench.bake({ ...dry, custom_endpoint_oapi: `${door.url}/api/v1` });
      expect(door.paths).toEqual(calls.actions.map((action) => `/api/v1/${action}`));
    },
  },
  {
    options: ["insecure_skip_tls_verify", "x509_cert_path", "x509_key_path"],
    shows: "a certificate that nobody signed is refused, or taken; ours is shown",
    prove: async (bench) => {
      const { folder } = bench.bakery;
      await using door = await openDoor(cloudOf(bench), { tls: makeCertificate(folder, "server") });
      const options = { ...dry, custom_endpoint_oapi: door.url };
      const { error } = await bench.bakeInVain(options);
      expect(`${error.message} ${String(error.cause)}`).toMatch(/certificate/);
      expect(door.paths).toEqual([]);
      await bench.bake({ ...options, insecure_skip_tls_verify: true });
      expect([door.paths.length > 0, [...door.clients]]).toEqual([true, []]);
      const { cert, key } = makeCertificate(folder, "client");
      await bench.bake({ ...options, insecure_skip_tls_verify: true, x509_cert_path: cert, x509_key_path: key });
      expect([...door.clients]).toEqual(["client"]);
    },
  },
  ...(["mfa_code", "token"] as const).map((name) => ({
    options: [name],
    shows: "a warning says that it has no effect",
    prove: async (bench: ProofBench) => {
      expect(bench.warnings({})).toEqual([]);
      expect(bench.warnings({ [name]: "123456" })).toEqual([expect.stringMatching(`^${name} has no effect: `)]);
    },
  })),
  {
    options: ["vm_id", "metadata_endpoint"],
    shows: "the VM is the given one, or what that service says",
    prove: async (bench) => {
      await using door = await openDoor(bench.bakery.cloud.metadataEndpoint);
      const asked = await bench.bake({ ...dry, metadata_endpoint: door.url });
      expect(door.paths).toEqual(["/latest/meta-data/instance-id"]);
      const { vmId } = bench.bakery.cloud;
      const told = await bench.bake({ ...dry, metadata_endpoint: door.url, vm_id: vmId });
      expect(door.paths).toHaveLength(1);
      for (const { calls } of [asked, told]) expect(calls.of("LinkVolume")).toMatchObject([{ VmId: vmId }]);
      const { error } = await bench.bakeInVain({ vm_id: "i-00000000" });
      expect(error.message).toMatch(/the account has no VM i-00000000/);
    },
  },
  {
    options: ["skip_metadata_api_check"],
    shows: "without the service the VM must be told",
    prove: async (bench) => {
      const nowhere = { skip_metadata_api_check: true, metadata_endpoint: "http://127.0.0.1:1" };
      expect(bench.refusal(nowhere)).toMatch(/needs the id of this VM/);
      const { calls } = await bench.bake({ ...dry, ...nowhere, vm_id: bench.bakery.cloud.vmId });
      expect(calls.actions).toContain("LinkVolume");
    },
  },
];

function cloudOf(bench: ProofBench): string {
  return new URL(bench.bakery.cloud.endpoint).origin;
}
