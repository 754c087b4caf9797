import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../../src/common/clock.ts";
import type { AccountRole } from "../../../src/local-cloud/accounts.ts";
import { handlers } from "../../../src/local-cloud/actions/handlers.ts";
import { MemoryDisks } from "../../../src/local-cloud/disks/memory-disks.ts";
import { type OpenCloud, openCloud } from "../../../src/local-cloud/open-cloud.ts";
import { type LocalCloudOptions, settingsOf } from "../../../src/local-cloud/options.ts";
import { Refusal } from "../../../src/local-cloud/refusal.ts";
import type { ActionName, RequestOf, ResponseOf } from "../../../src/outscale/oapi.ts";

/** A cloud in memory blocks without its HTTP door, for tests of rules and states. */
export interface TestCore extends AsyncDisposable {
  readonly core: OpenCloud;
  readonly disks: MemoryDisks;
  readonly vmId: string;
  /** A call as one of the accounts; the builder's, when none is named. */
  call<A extends ActionName>(
    action: A,
    request: RequestOf<A>,
    role?: AccountRole,
  ): Omit<ResponseOf<A>, "ResponseContext">;
  /** The name of the refusal of a call that must be refused. */
  refusal<A extends ActionName>(action: A, request: RequestOf<A>, role?: AccountRole): string;
}

export async function openTestCore(
  options: Partial<LocalCloudOptions> & { readonly clock?: Clock } = {},
): Promise<TestCore> {
  const stateFolder = options.stateFolder ?? (await mkdtemp(join(tmpdir(), "local-cloud-")));
  const remove = async () => {
    if (options.stateFolder === undefined) await rm(stateFolder, { recursive: true });
  };
  const core = await openCloud(settingsOf({ ...options, stateFolder, blocks: "memory" }), "run").catch(
    async (error: unknown) => {
      await remove();
      throw error;
    },
  );
  const call: TestCore["call"] = (action, request, role = "builder") =>
    handlers[action]({ cloud: core, account: core.accounts.byRole(role) }, request);
  return {
    core,
    disks: memoryDisksOf(core),
    vmId: core.store.vms.values()[0]?.id ?? "",
    call,
    refusal: (action, request, role) => {
      try {
        call(action, request, role);
      } catch (error) {
        if (error instanceof Refusal) return error.refusal;
        throw error;
      }
      throw new Error(`${action} was not refused`);
    },
    async [Symbol.asyncDispose]() {
      await core.close();
      await remove();
    },
  };
}

function memoryDisksOf({ disks }: OpenCloud): MemoryDisks {
  if (disks instanceof MemoryDisks) return disks;
  throw new Error("The disks of this cloud are not in memory");
}
