import type { Handler } from "./call.ts";
import { ownResource } from "./tagged.ts";

/** Removes tags; only those whose value is the given one too. */
export const deleteTags: Handler<"DeleteTags"> = (call, { ResourceIds, Tags }) => {
  const removed = new Set(Tags.map(({ Key, Value }) => JSON.stringify([Key, Value])));
  const resources = ResourceIds.map((id) => ownResource(call, id));
  for (const resource of resources) {
    resource.store(resource.tags.filter(({ Key, Value }) => !removed.has(JSON.stringify([Key, Value]))));
  }
  return {};
};
