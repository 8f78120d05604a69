import { types } from 'node:util';

/**
 * Copies a value made of plain objects, dense arrays, primitives and `Uint8Array`, reading each value
 * once, and throws a TypeError for anything else: accessors, cycles, symbols, class instances.
 */
export function strictCopy(value: unknown): unknown {
  return copy(value, new Set());
}

function copy(value: unknown, ancestors: Set<object>): unknown {
  if (typeof value !== 'object' || value === null) return primitive(value);
  if (types.isUint8Array(value)) return copyBytes(value);
  if (ancestors.has(value)) throw new TypeError('cycle');
  ancestors.add(value);
  const copied = Array.isArray(value) ? copyArray(value, ancestors) : copyObject(value, ancestors);
  ancestors.delete(value);
  return copied;
}

function primitive(value: unknown): unknown {
  if (value === null || value === undefined) return value;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value;
  }
  throw new TypeError('unsupported type');
}

/** To list the keys of more bytes takes seconds, and each key memory: what is beside them is left out. */
const MOST_KEYS_LISTED = 65_536;

/** A new buffer, also for bytes in shared memory, which another thread could change. */
function copyBytes(value: Uint8Array): Uint8Array {
  const isListed = value.length <= MOST_KEYS_LISTED;
  if (isListed && Reflect.ownKeys(value).length !== value.length) {
    throw new TypeError('extra property');
  }
  return new Uint8Array(value);
}

function copyArray(value: readonly unknown[], ancestors: Set<object>): unknown[] {
  const { length } = value;
  const keys = Reflect.ownKeys(value);
  if (keys.length !== length + 1) throw new TypeError('sparse array or extra property');
  return Array.from({ length }, (_, index) => copy(dataValue(value, index), ancestors));
}

function copyObject(value: object, ancestors: Set<object>): object {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError('not plain');
  const copied = {};
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key !== 'string') throw new TypeError('symbol key');
    const inner = copy(dataValue(value, key), ancestors);
    Object.defineProperty(copied, key, {
      value: inner,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return copied;
}

/** Reads through the descriptor: an accessor could answer differently the next time. */
function dataValue(owner: object, key: PropertyKey): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(owner, key);
  if (descriptor === undefined || !descriptor.enumerable || !('value' in descriptor)) {
    throw new TypeError('not an enumerable data property');
  }
  return descriptor.value;
}
