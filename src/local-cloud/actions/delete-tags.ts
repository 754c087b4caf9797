import type { Handler } from "./call.ts";
import { ownResource } from "./tagged.ts";

/** Removes tags; only those whose value is the given one too. */
export const deleteTags: Handler<"DeleteTags"> = (call, { ResourceIds, Tags }) => {
  const resources = ResourceIds.map((id) => ownResource(call, id));
  for (const resource of resources) {
    resource.store(
      resource.tags.filter(({ Key, Value }) => !Tags.some((removed) => removed.Key === Key && removed.Value === Value)),
    );
  }
  return {};
};
