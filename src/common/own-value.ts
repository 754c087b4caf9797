/** What an object has by a name of its own: `toString` and `__proto__` are names as any other, and most objects have none. */
export function ownValue<T>(object: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
