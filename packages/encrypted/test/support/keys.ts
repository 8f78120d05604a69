/** Keys for tests, told apart by every byte. */
export const KEY: Uint8Array = new Uint8Array(32).fill(1);
export const OTHER_KEY: Uint8Array = new Uint8Array(32).fill(2);
export const NEW_KEY: Uint8Array = new Uint8Array(32).fill(3);
