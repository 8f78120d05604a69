import {
  Application,
  DeclarationReflection,
  Logger,
  LogLevel,
  type ProjectReflection,
  type Reflection,
  ReflectionKind,
} from 'typedoc';
import type { EntryPoints } from './entry-points.ts';
import { findBreaches } from './rules.ts';

/** The public interface as TypeDoc reads it, and what is wrong with its documentation. */
export interface Reference {
  readonly app: Application;
  readonly project: ProjectReflection;
  readonly problems: readonly string[];
}

/** Types that nobody needs to name: helpers, what our own packages pass, and a class given as an option. */
const UNNAMED =
  /^(?:KeysOf|Parts|Given\w+|Sealed\w+|AdvancedBackend|BranchParts|KyselyBackend|Database), defined in |\.__type \(ConstructorSignature\)/;

/** Reads modules with their comments. `tsconfig` says how the sources are compiled. */
export async function readReference(
  entryPoints: EntryPoints,
  tsconfig: string,
): Promise<Reference> {
  const app = await Application.bootstrap({
    name: 'agent-sessions',
    entryPoints: [...entryPoints.keys()],
    tsconfig,
    readme: 'none',
    // A clone without a remote has no links to sources.
    disableGit: true,
    sourceLinkTemplate: '{path}#{line}',
    excludeExternals: true,
    excludeInternal: true,
    excludePrivate: true,
    alwaysCreateEntryPointModule: true,
    // `check:types` does that, with the compiler that the packages are made with.
    skipErrorChecking: true,
    validation: true,
    requiredToBeDocumented: [
      'Module',
      'Class',
      'Interface',
      'TypeAlias',
      'Function',
      'Variable',
      'Property',
      'Accessor',
      'Method',
    ],
  });
  const log = new Problems();
  app.logger = log;
  const project = await app.convert();
  if (project === undefined) throw new Error([...log.problems].join('\n'));
  // `path?: never` says that an option excludes the others; there is nothing to say about it by itself.
  for (const property of project.getReflectionsByKind(ReflectionKind.Property)) {
    if (isExcluded(property)) project.removeReflection(property);
  }
  const packages = new Set<string>();
  for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
    const { fileName = '', packageName } = project.getSymbolIdFromReflection(module) ?? {};
    module.name = entryPoints.get(fileName) ?? module.name;
    if (packageName !== undefined) packages.add(packageName);
  }
  // Of what is not exported, or not documented, TypeDoc tells for one package at a time.
  for (const name of packages) {
    project.packageName = name;
    app.validate(project);
  }
  delete project.packageName;
  return { app, project, problems: [...log.problems, ...findBreaches(project)] };
}

/** In interfaces TypeDoc shows the type as `undefined`. */
function isExcluded(property: Reflection): boolean {
  const type = property instanceof DeclarationReflection ? property.type : undefined;
  return type?.type === 'intrinsic' && (type.name === 'never' || type.name === 'undefined');
}

/** Keeps warnings and errors, each once. */
class Problems extends Logger {
  readonly problems = new Set<string>();

  override log(message: string, level: LogLevel): void {
    const isProblem = level === LogLevel.Warn || level === LogLevel.Error;
    if (isProblem && !UNNAMED.test(message)) this.problems.add(message);
  }
}
