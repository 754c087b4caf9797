import { haveSameElements } from "./set-order.ts";
import { boolType, conforms, hasDynamic, sameType } from "./type.ts";
import { boolValue, unknownValue, type Value } from "./value.ts";

/**
 * The `==` of the language: no conversion, so `1 == "1"` is false, and a list never equals a tuple. Nulls are equal,
 * whatever their types. Unknown when it depends on something unknown; sensitive when either side is.
 *
 * @see zclconf/go-cty, cty/value_ops.go, Equals()
 */
export function equals(a: Value, b: Value): Value {
  const isEqual = areEqual(a, b);
  const result = isEqual === undefined ? unknownValue(boolType).notNull() : boolValue(isEqual);
  return a.containsSensitive || b.containsSensitive ? result.withSensitive() : result;
}

/** Whether two values are equal; `undefined` when that is not known yet. */
export function areEqual(a: Value, b: Value): boolean | undefined {
  if ((a.isNull && !b.mayBeNull) || (b.isNull && !a.mayBeNull)) return false;
  if (!a.isKnown || !b.isKnown) return mayBeEqual(a, b) ? undefined : false;
  if (a.isNull || b.isNull) return a.isNull && b.isNull;
  if (!hasKnownType(a) || !hasKnownType(b))
    return conforms(a.type, b.type) || conforms(b.type, a.type) ? undefined : false;
  if (!sameType(a.type, b.type)) return false;
  switch (a.type.kind) {
    case "string":
      return a.asString() === b.asString();
    case "number":
      return a.asNumber().equals(b.asNumber());
    case "bool":
      return a.asBool() === b.asBool();
    default:
      return areContainersEqual(a, b);
  }
}

/** Of two values, one at least unknown. What may turn out to be null may be equal to a null of another type. */
function mayBeEqual(a: Value, b: Value): boolean {
  const [unknown, other] = a.isKnown ? [b, a] : [a, b];
  return !other.isKnown || other.isNull || conforms(other.type, unknown.type);
}

/** Whether the type of no part is still open: `[unknown]` may turn out to be of the type of `["a"]`. */
function hasKnownType(value: Value): boolean {
  if (value.isNull) return true;
  if (!value.isKnown) return !hasDynamic(value.type);
  return !value.isContainer || value.elements().every(hasKnownType);
}

function areContainersEqual(a: Value, b: Value): boolean | undefined {
  // Elements that are not known may turn out to be equal, and count as one.
  if (a.type.kind === "set" && !(a.isWhollyKnown && b.isWhollyKnown)) return undefined;
  if (a.type.kind === "set") return haveSameElements(a, b);
  const [left, right] = [a.elements(), b.elements()];
  if (left.length !== right.length) return false;
  if (a.type.kind === "map") {
    const keys = [...b.asMap().keys()];
    if ([...a.asMap().keys()].some((key, index) => key !== keys[index])) return false;
  }
  const results = left.map((element, index) => areEqual(element, right[index] as Value));
  // As in Packer, the first that is not equal, or not known, decides in a sequence. Where there is no order, any does.
  const isSequence = a.type.kind === "list" || a.type.kind === "tuple";
  if (!isSequence && results.includes(false)) return false;
  const first = results.findIndex((result) => result !== true);
  return first < 0 ? true : results[first];
}
