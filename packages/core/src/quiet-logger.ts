import type { SessionLogger } from './history.ts';

/** A logger whose own failure is no failure of the call that warns. */
export function quietLogger(logger: SessionLogger): SessionLogger {
  return {
    warn(message) {
      try {
        logger.warn(message);
      } catch {
        // There is nobody left to tell.
      }
    },
  };
}
