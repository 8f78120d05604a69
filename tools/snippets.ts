/**
 * Finds the TypeScript blocks in READMEs, documents and doc comments, and typechecks them as a reader
 * would use them: each block is a module of its own, in an application that has installed what it needs.
 */
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inReadersFolder } from './readers-folder.ts';

const root = join(import.meta.dirname, '..');

export type Snippet = {
  /** The file that it is in, from the root of the repository. */
  file: string;
  /** The line of that file on which the code starts. */
  line: number;
  code: string;
  /** False for a block marked ` ```ts no-check `: not meant to compile. */
  isChecked: boolean;
};

/** All blocks of the repository. */
export function findSnippets(): Snippet[] {
  const documents = globSync(['README.md', 'packages/*/README.md', 'docs/**/*.md'], { cwd: root });
  const sources = globSync('packages/*/src/**/*.ts', { cwd: root });
  return [
    ...documents.flatMap((file) => readBlocks(file, readFileSync(join(root, file), 'utf8'))),
    ...sources.flatMap((file) =>
      readBlocks(file, onlyDocComments(readFileSync(join(root, file), 'utf8'))),
    ),
  ];
}

/** The blocks of one Markdown text. */
export function readBlocks(file: string, markdown: string): Snippet[] {
  const snippets: Snippet[] = [];
  let open: { fence: string; snippet: Snippet | undefined } | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    const [, fence = '', language = '', mark = ''] = /^\s*(`{3,})(\S*)\s*(.*)$/.exec(text) ?? [];
    if (open === undefined && fence !== '') {
      const isTypeScript = language === 'ts' || language === 'typescript';
      const isChecked = mark.trim() !== 'no-check';
      const snippet = isTypeScript ? { file, line: index + 2, code: '', isChecked } : undefined;
      open = { fence, snippet };
    } else if (open !== undefined && fence === open.fence && language === '') {
      if (open.snippet) snippets.push(open.snippet);
      open = undefined;
    } else if (open?.snippet) {
      open.snippet.code += `${text}\n`;
    }
  }
  return snippets;
}

/** The text of a source's doc comments, each line where it was, and nothing else. */
export function onlyDocComments(source: string): string {
  let isInside = false;
  const lines = source.split('\n').map((line) => {
    if (/^\s*\/\*\*/.test(line)) isInside = true;
    const text = isInside ? line.replace(/^\s*(?:\/\*\*|\*\/|\*) ?/, '') : '';
    if (line.includes('*/')) isInside = false;
    return text;
  });
  return lines.join('\n');
}

/** Typechecks blocks in one run of the compiler. Gives its complaints, by the place in the document. */
export async function typecheck(snippets: readonly Snippet[]): Promise<string[]> {
  return inReadersFolder(async (folder) => {
    const names = snippets.map((_snippet, index) => `${index}.ts`);
    await Promise.all(
      snippets.map(({ code }, index) => writeFile(join(folder, `${index}.ts`), code)),
    );
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(configFor(names)));
    return toComplaints(await compile(folder), snippets);
  });
}

function configFor(files: readonly string[]): object {
  return {
    extends: '../tsconfig.base.json',
    compilerOptions: {
      noEmit: true,
      customConditions: ['@agent-sessions/source'],
      moduleDetection: 'force',
      // A reader's application has no declarations to emit.
      declaration: false,
      isolatedDeclarations: false,
    },
    files,
  };
}

async function compile(folder: string): Promise<string> {
  const tsc = join(root, 'node_modules/.bin/tsc');
  try {
    await promisify(execFile)(tsc, ['-p', '.', '--pretty', 'false'], { cwd: folder });
    return '';
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    if (stdout === '') throw new Error(`tsc did not run: ${stderr || error}`, { cause: error });
    return stdout;
  }
}

/** What is wrong in a source, and not in a block, is for `check:types` to tell. */
function toComplaints(output: string, snippets: readonly Snippet[]): string[] {
  return output.split('\n').flatMap((line) => {
    if (line.startsWith('error ')) return [line];
    const [, index, at, complaint] = /^(\d+)\.ts\((\d+),\d+\): (error .*)$/.exec(line) ?? [];
    const snippet = snippets[Number(index)];
    return snippet ? [`${snippet.file}:${snippet.line + Number(at) - 1}: ${complaint}`] : [];
  });
}
