/** Tokens by kind, as the provider names them; some providers nest them. */
export interface TokenDetails {
  readonly [kind: string]: number | TokenDetails;
}

/** What requests cost. */
export interface UsageTotals {
  /** Requests to the model. */
  readonly requests: number;
  /** Tokens that the model was given. */
  readonly inputTokens: number;
  /** Tokens that the model gave. */
  readonly outputTokens: number;
  /** Input and output tokens, as the provider sums them. */
  readonly totalTokens: number;
  /** Of the input tokens, so many of each kind. */
  readonly inputTokensDetails: TokenDetails;
  /** Of the output tokens, so many of each kind. */
  readonly outputTokensDetails: TokenDetails;
}

export const NOTHING: UsageTotals = {
  requests: 0,
  inputTokens: 0,
  outputTokens: 0,
  totalTokens: 0,
  inputTokensDetails: {},
  outputTokensDetails: {},
};

/** The SDK keeps details as a list with an entry for each request, or as one entry. */
type Details = Readonly<Record<string, unknown>>;

/** What the SDK's `Usage` holds, as far as it is stored. */
export interface UsageLike {
  /** Requests to the model. */
  readonly requests: number;
  /** Tokens that the model was given. */
  readonly inputTokens: number;
  /** Tokens that the model gave. */
  readonly outputTokens: number;
  /** Input and output tokens, as the provider sums them. */
  readonly totalTokens: number;
  /** Input tokens by kind: of all requests, or of each. What is no number is left out. */
  readonly inputTokensDetails?: Details | readonly Details[];
  /** Output tokens by kind, likewise. */
  readonly outputTokensDetails?: Details | readonly Details[];
}

/** Sums the details of all requests by key. */
export function totalsOf(usage: UsageLike): UsageTotals {
  return {
    requests: whole(usage.requests),
    inputTokens: whole(usage.inputTokens),
    outputTokens: whole(usage.outputTokens),
    totalTokens: whole(usage.totalTokens),
    inputTokensDetails: sumOf(usage.inputTokensDetails),
    outputTokensDetails: sumOf(usage.outputTokensDetails),
  };
}

/** Adds `sign` times the second totals to the first. */
export function combine(a: UsageTotals, b: UsageTotals, sign: 1 | -1): UsageTotals {
  return {
    requests: a.requests + sign * b.requests,
    inputTokens: a.inputTokens + sign * b.inputTokens,
    outputTokens: a.outputTokens + sign * b.outputTokens,
    totalTokens: a.totalTokens + sign * b.totalTokens,
    inputTokensDetails: combineDetails(a.inputTokensDetails, b.inputTokensDetails, sign),
    outputTokensDetails: combineDetails(a.outputTokensDetails, b.outputTokensDetails, sign),
  };
}

/** True if any count of the first totals is above the second's, and none below. */
export function exceeds(a: UsageTotals, b: UsageTotals): boolean {
  const { requests, inputTokens, outputTokens, totalTokens } = combine(a, b, -1);
  const added = [requests, inputTokens, outputTokens, totalTokens];
  return added.every((count) => count >= 0) && added.some((count) => count > 0);
}

function sumOf(details: Details | readonly Details[] | undefined): TokenDetails {
  const entries = Array.isArray(details) ? details : [details ?? {}];
  return entries.map(onlyNumbers).reduce((sum, entry) => combineDetails(sum, entry, 1), {});
}

function onlyNumbers(details: unknown): TokenDetails {
  const kept: Record<string, number | TokenDetails> = {};
  if (typeof details !== 'object' || details === null) return kept;
  for (const [key, value] of Object.entries(details)) {
    if (typeof value === 'number' && Number.isFinite(value)) define(kept, key, value);
    else if (typeof value === 'object' && value !== null) define(kept, key, onlyNumbers(value));
  }
  return kept;
}

function combineDetails(a: TokenDetails, b: TokenDetails, sign: 1 | -1): TokenDetails {
  const sum: Record<string, number | TokenDetails> = {};
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const [left, right] = [own(a, key), own(b, key)];
    if (typeof left === 'object' || typeof right === 'object') {
      const nested = [left, right].map((side) => (typeof side === 'object' ? side : {}));
      define(sum, key, combineDetails(nested[0] ?? {}, nested[1] ?? {}, sign));
    } else {
      define(sum, key, (left ?? 0) + sign * (right ?? 0));
    }
  }
  return sum;
}

function own(details: TokenDetails, key: string): number | TokenDetails | undefined {
  return Object.hasOwn(details, key) ? details[key] : undefined;
}

/** Assignment would call the setter of `__proto__`. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function whole(count: unknown): number {
  return typeof count === 'number' && Number.isFinite(count) ? Math.round(count) : 0;
}
