import { Refusal } from "../refusal.ts";
import type { Handler } from "./call.ts";
import { ownResource } from "./tagged.ts";

const MOST_TAGS = 50;

/** Adds tags to resources of any kinds; a tag with the same key is replaced. */
export const createTags: Handler<"CreateTags"> = (call, { ResourceIds, Tags }) => {
  for (const { Key, Value } of Tags) {
    if (Key.length < 1 || Key.length > 255) throw new Refusal("bad-parameter", "A tag's key has 1 to 255 characters");
    if (Value.length > 255) throw new Refusal("bad-parameter", "A tag's value has at most 255 characters");
  }
  const given = new Map(Tags.map(({ Key, Value }) => [Key, Value]));
  if (given.size > MOST_TAGS) throw new Refusal("too-many-tags", `A resource has at most ${MOST_TAGS} tags`);
  const changes = ResourceIds.map((id) => {
    const resource = ownResource(call, id);
    const merged = new Map([...resource.tags.map(({ Key, Value }) => [Key, Value] as const), ...given]);
    if (merged.size > MOST_TAGS) throw new Refusal("too-many-tags", `${id} would have more than ${MOST_TAGS} tags`);
    return { resource, tags: [...merged].map(([Key, Value]) => ({ Key, Value })) };
  });
  for (const { resource, tags } of changes) resource.store(tags);
  return {};
};
