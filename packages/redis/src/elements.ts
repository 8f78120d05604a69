/** Milliseconds since 1970 in 13 digits, until the year 2286: what each element of a list starts with. */
const TIME_DIGITS = 13;
const TIME = /^\d{13}/;

let now = { time: 0, digits: '' };

/** The time, in milliseconds since 1970, as elements and scripts have it. */
export function timeDigits(): string {
  const time = Date.now();
  // A busy process asks many times in a millisecond.
  if (time !== now.time) now = { time, digits: String(time).padStart(TIME_DIGITS, '0') };
  return now.digits;
}

/** Elements of a list, for records that are added now. */
export function toElements(records: readonly string[]): string[] {
  const time = timeDigits();
  return records.map((record) => time + record);
}

/** The record in an element. One without a time, as another program may have left it, is all record. */
export function recordOf(element: string): string {
  return TIME.test(element) ? element.slice(TIME_DIGITS) : element;
}

/** When an element was added, in milliseconds since 1970; 0 if it does not say. */
export function timeOf(element: string): number {
  return TIME.test(element) ? Number(element.slice(0, TIME_DIGITS)) : 0;
}
