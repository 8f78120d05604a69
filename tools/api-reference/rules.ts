import {
  Comment,
  DeclarationReflection,
  type ProjectReflection,
  ReflectionKind,
  type SomeType,
} from 'typedoc';

/** What a number may count or measure. */
const UNIT =
  /\b(?:microseconds|milliseconds|seconds|bytes|characters|tokens|items|records|turns?|sessions|requests|calls|replicas|tests|revision)\b/i;

/** What this project asks of doc comments beyond what TypeDoc looks for itself; a sentence each. */
export function findBreaches(project: ProjectReflection): string[] {
  const codes = errorCodes(project);
  return Object.values(project.reflections)
    .filter((symbol) => symbol instanceof DeclarationReflection)
    .filter((symbol) => symbol.inheritedFrom?.reflection === undefined)
    .flatMap((symbol) =>
      [...snippetBreaches(symbol), ...unitBreaches(symbol), ...errorBreaches(symbol, codes)].map(
        (breach) => `${symbol.getFriendlyFullName()} ${breach}`,
      ),
    );
}

/**
 * Classes and functions come with a snippet, which the snippet test compiles. Those for authors of
 * backends are shown at work by a guide.
 */
function snippetBreaches(symbol: DeclarationReflection): string[] {
  if (!symbol.kindOf([ReflectionKind.Class, ReflectionKind.Function])) return [];
  if (symbol.parent?.name.endsWith('/backend')) return [];
  const examples = commentsOf(symbol).flatMap((comment) => comment.getTags('@example'));
  const hasSnippet = examples.some(({ content }) => textOf(content).includes('```ts\n'));
  return hasSnippet ? [] : ['has no @example with a ts block'];
}

/** A number says what it counts or measures. */
function unitBreaches(symbol: DeclarationReflection): string[] {
  if (!isNumber(symbol.type ?? symbol.getSignature?.type)) return [];
  const texts = commentsOf(symbol).map(({ summary }) => textOf(summary));
  // TypeDoc itself tells of a comment that is missing.
  return texts.length === 0 || texts.some((text) => UNIT.test(text))
    ? []
    : ['is a number, and its comment does not say of what'];
}

/** `@throws SessionError` names codes, and such as there are. */
function errorBreaches(symbol: DeclarationReflection, codes: ReadonlySet<string>): string[] {
  const errors = commentsOf(symbol)
    .flatMap((comment) => comment.getTags('@throws'))
    .map(({ content }) => textOf(content))
    .filter((text) => text.startsWith('SessionError'));
  return errors.flatMap((text) => {
    const names = [...text.matchAll(/`([a-z_]+)`/g)].map(([, name = '']) => name);
    const unknown = names.filter((name) => name.includes('_') && !codes.has(name));
    if (unknown.length > 0) return [`throws a SessionError of an unknown code: ${unknown}`];
    return names.some((name) => codes.has(name)) ? [] : ['throws a SessionError without a code'];
  });
}

function errorCodes(project: ProjectReflection): ReadonlySet<string> {
  const [alias] = project
    .getReflectionsByKind(ReflectionKind.TypeAlias)
    .filter((symbol) => symbol instanceof DeclarationReflection)
    .filter(({ name }) => name === 'SessionErrorCode');
  const members = alias?.type?.type === 'union' ? alias.type.types : [];
  return new Set(members.flatMap((one) => (one.type === 'literal' ? [String(one.value)] : [])));
}

/** Comments stand at the signatures of what can be called, and of accessors. */
function commentsOf(symbol: DeclarationReflection): Comment[] {
  const signatures = [symbol, ...(symbol.signatures ?? []), symbol.getSignature];
  return signatures.map((one) => one?.comment).filter((comment) => comment !== undefined);
}

function isNumber(type: SomeType | undefined): boolean {
  if (type?.type === 'union') return type.types.some(isNumber);
  return type?.type === 'intrinsic' && type.name === 'number';
}

function textOf(parts: Comment['summary']): string {
  return Comment.combineDisplayParts(parts);
}
