import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { vm } from "../../../tests/support/builder/api-objects.ts";
import { fakeBuild } from "../../../tests/support/builder/fake-build.ts";
import { ConfigError } from "../../common/errors.ts";
import { readVm } from "./vm-info.ts";

describe("readVm()", () => {
  it("takes vm_id, and finds the subregion in the account", async () => {
    await using fake = await fakeBuild({ config: { vm_id: "i-0a0a0a0a" }, api: { readVms: () => ({ Vms: [vm()] }) } });
    expect(await readVm(fake.build)).toEqual({ id: "i-0a0a0a0a", subregionName: "eu-west-2a" });
    expect(fake.calls).toEqual([["readVms", { Filters: { VmIds: ["i-0a0a0a0a"] } }]]);
    expect(fake.ui.of("message")).toEqual(["This is i-0a0a0a0a, in eu-west-2a"]);
  });

  it("asks the metadata service without it", async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.end("i-0b0b0b0b\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const metadata_endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      await using fake = await fakeBuild({ config: { metadata_endpoint }, api: { readVms: () => ({ Vms: [vm()] }) } });
      expect(await readVm(fake.build)).toMatchObject({ id: "i-0b0b0b0b" });
      expect(asked).toEqual(["/latest/meta-data/instance-id"]);
    } finally {
      server.close();
    }
  });

  it("refuses a VM that the account does not have", async () => {
    await using fake = await fakeBuild({ config: { vm_id: "i-0a0a0a0a" }, api: { readVms: () => ({ Vms: [] }) } });
    const failure = await readVm(fake.build).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect(failure).toMatchObject({ resourceId: "i-0a0a0a0a", step: "StepVmInfo" });
  });

  it("refuses a region that is not the VM's, as an endpoint of another one answers", async () => {
    const elsewhere = { ...vm(), Placement: { SubregionName: "us-east-2a" } };
    await using fake = await fakeBuild({
      config: { vm_id: "i-0a0a0a0a" },
      api: { readVms: () => ({ Vms: [elsewhere] }) },
    });
    const failure = await readVm(fake.build).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect(String(failure)).toContain("region: is eu-west-2, but i-0a0a0a0a is in us-east-2a");
  });

  it("refuses a VM whose subregion nobody says", async () => {
    const { Placement: _, ...homeless } = vm();
    await using fake = await fakeBuild({
      config: { vm_id: "i-0a0a0a0a" },
      api: { readVms: () => ({ Vms: [homeless] }) },
    });
    await expect(readVm(fake.build)).rejects.toThrow("does not say which subregion");
  });
});
