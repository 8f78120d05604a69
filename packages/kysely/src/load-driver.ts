import { SessionError } from '@agent-sessions/core';

/** The packages of drivers, by the entry of this package that imports each as bundlers can see. */
const ENTRIES = { pg: 'postgres', mysql2: 'mysql', 'better-sqlite3': 'sqlite' } as const;

/**
 * Loads a driver when it is used first. Bundlers do not follow this import: who bundles for one
 * database should not need the drivers of all.
 *
 * @throws SessionError `unsupported` if it is not installed
 */
export async function loadDriver<T>(name: keyof typeof ENTRIES): Promise<T> {
  try {
    const specifier: string = name;
    // Without these comments webpack and Vite warn. Others leave alone what is not a string, but
    // Turbopack makes it fail when it is reached, and sees no comment: tsc wraps the specifier.
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ specifier);
  } catch (cause) {
    throw new SessionError(
      'unsupported',
      `The package ${name} cannot be loaded. Install it: npm install ${name}. In a bundle, import from @agent-sessions/kysely/${ENTRIES[name]} instead (or @agent-sessions/advanced/${ENTRIES[name]}), which bundles the driver.`,
      { cause },
    );
  }
}
