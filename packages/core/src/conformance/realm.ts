/**
 * Jest runs tests in a realm of its own, but its `structuredClone` is that of the realm outside: what
 * it gives is no plain object in the tests' realm, so the SDK refuses it. Repairs that, where needed.
 */
export function repairStructuredClone(): void {
  if (Object.getPrototypeOf(structuredClone({})) === Object.prototype) return;
  const outside = globalThis.structuredClone;
  globalThis.structuredClone = (value, options) => {
    const clone = outside(value, options);
    adopt(clone, new Set());
    return clone;
  };
}

/** Makes the objects and arrays in a value ones of this realm. */
function adopt(value: unknown, done: Set<object>): void {
  if (typeof value !== 'object' || value === null || done.has(value)) return;
  done.add(value);
  if (Array.isArray(value)) Object.setPrototypeOf(value, Array.prototype);
  else if (isPlainElsewhere(value)) Object.setPrototypeOf(value, Object.prototype);
  else return;
  for (const entry of Object.values(value)) adopt(entry, done);
}

function isPlainElsewhere(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    typeof prototype === 'object' && prototype !== null && Object.getPrototypeOf(prototype) === null
  );
}
