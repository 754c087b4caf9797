import { describe, expect, it } from "vitest";
import type { FiltersImage } from "../outscale/oapi.ts";
import type { SourceOwners } from "./source-filter.ts";
import { sourceRequests } from "./source-requests.ts";

const nobody: SourceOwners = { self: false, accountIds: [], accountAliases: [] };
const own = "111111111111";

function search(sourceOmi: string | undefined, filters?: FiltersImage, owners: Partial<SourceOwners> = {}) {
  const filter = filters && { filters, owners: { ...nobody, ...owners }, mostRecent: false };
  return sourceRequests({ sourceOmi, filter, ownAccountId: own });
}

describe("sourceRequests()", () => {
  it("asks for source_omi alone by its id, in whatever state", () => {
    expect(search("ami-1")).toEqual([{ ImageIds: ["ami-1"] }]);
  });

  it("asks only for OMIs that are available when it searches", () => {
    expect(search(undefined, { ImageNames: ["a*"], AccountIds: ["2"] })).toEqual([
      { ImageNames: ["a*"], AccountIds: ["2"], States: ["available"] },
    ]);
  });

  it("pins what a filter finds to source_omi", () => {
    expect(search("ami-1", { ImageNames: ["a*"] })).toEqual([
      { ImageNames: ["a*"], ImageIds: ["ami-1"], States: ["available"] },
    ]);
    expect(search("ami-1", { ImageIds: ["ami-1", "ami-2"] })).toEqual([{ ImageIds: ["ami-1"], States: ["available"] }]);
    expect(search("ami-1", { ImageIds: ["ami-2"] })).toEqual([]);
  });

  it("asks for owners by id and by alias apart, as the API would join them with and", () => {
    expect(search(undefined, {}, { self: true, accountIds: ["2"], accountAliases: ["Outscale"] })).toEqual([
      { States: ["available"], AccountIds: [own, "2"] },
      { States: ["available"], AccountAliases: ["Outscale"] },
    ]);
  });

  it("keeps an account-id filter beside owners", () => {
    expect(search(undefined, { AccountIds: ["2", "3"] }, { accountIds: ["3", "4"] })).toEqual([
      { States: ["available"], AccountIds: ["3"] },
    ]);
    expect(search(undefined, { AccountIds: ["2"] }, { accountAliases: ["Outscale"] })).toEqual([
      { States: ["available"], AccountIds: ["2"], AccountAliases: ["Outscale"] },
    ]);
  });
});
