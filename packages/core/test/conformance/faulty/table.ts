import { type Fault, fault } from './fault.ts';
import type { World } from './worlds.ts';

/** What methods are replaced by, given the correct one, and the object as it was. */
export type Changes<T> = {
  readonly [Name in keyof T]?: (real: T[Name], object: T) => T[Name];
};

/** The methods in which an object differs from a correct one. */
export type Wrong<T> = Changes<T> & {
  /** More of them, made for each store: what they keep, its sessions share. */
  readonly inStore?: () => Changes<T>;
  /** More of them, made for each session, which alone has what they keep. */
  readonly inSession?: (object: T) => Changes<T>;
};

type Breaks = string | readonly string[];

/** Faults by name, each with the rules that it breaks and the methods that it replaces. */
export function table<T extends object>(
  world: World<T>,
  faults: Readonly<Record<string, NoInfer<Wrong<T>> & { readonly breaks: Breaks }>>,
): Fault[] {
  return Object.entries(faults).map(([name, { breaks, ...wrong }]) =>
    fault(name, faulty(world, wrong as unknown as Wrong<T>), breaks),
  );
}

/** Faults of one kind by name, each with the rules that it breaks and what it is made of. */
export function kinds<T>(
  open: (what: T) => Fault['open'],
  faults: Readonly<Record<string, readonly [breaks: Breaks, what: NoInfer<T>]>>,
): Fault[] {
  return Object.entries(faults).map(([name, [breaks, what]]) => fault(name, open(what), breaks));
}

/** Opens a world with something wrong in it. */
export function faulty<T extends object>(world: World<T>, wrong: NoInfer<Wrong<T>>): Fault['open'] {
  const { inStore, inSession, ...own } = wrong;
  return () => {
    const shared = inStore?.();
    return world((object) => {
      const before = unchanged(object);
      const changes = { ...own, ...shared, ...inSession?.(before) };
      return replace(object, changes as unknown as Changes<T>, before);
    });
  };
}

/** Replaces methods of an object. */
export function change<T extends object>(object: T, changes: Changes<T>): T {
  return replace(object, changes, unchanged(object));
}

/** Does something before each call of the correct method. */
export function first<M extends (...args: never[]) => unknown>(work: () => void): (real: M) => M {
  return (real) =>
    ((...args) => {
      work();
      return real(...args);
    }) as M;
}

function replace<T extends object>(object: T, changes: Changes<T>, before: T): T {
  for (const key of Reflect.ownKeys(changes)) {
    const make: unknown = Reflect.get(changes, key);
    if (typeof make === 'function') {
      Reflect.set(object, key, make(Reflect.get(before, key), before));
    }
  }
  return object;
}

/** The object with the methods of its class, whatever becomes of its own. */
function unchanged<T extends object>(object: T): T {
  return new Proxy(object, {
    get: (target, key) => {
      const prototype: object = Object.getPrototypeOf(target);
      const value: unknown = Reflect.get(key in prototype ? prototype : target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
