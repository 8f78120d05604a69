/** What a generated block says, or why that cannot be known now. */
export type Block = { readonly content: string } | { readonly unknown: string };

/** Begins a block and names it; `end` closes it. */
const begin = /^<!-- generated: (\S+) -->$/;
const end = '<!-- /generated -->';

/** The blocks of a document as they stand, by name. */
export function readBlocks(markdown: string): Map<string, string> {
  const blocks = new Map<string, string>();
  rewrite(markdown, (name, content) => {
    blocks.set(name, content);
    return content;
  });
  return blocks;
}

/** The document with blocks as they should be. What cannot be known stays. */
export function fillBlocks(markdown: string, blocks: ReadonlyMap<string, Block>): string {
  return rewrite(markdown, (name, content) => {
    const block = blocks.get(name);
    if (block === undefined) throw new Error(`nothing generates a block of the name ${name}`);
    return 'content' in block ? block.content : content;
  });
}

function rewrite(markdown: string, fill: (name: string, content: string) => string): string {
  const lines: string[] = [];
  let open: { name: string; content: string[] } | undefined;
  for (const line of markdown.split('\n')) {
    const name = begin.exec(line)?.[1];
    if (open === undefined) {
      if (line === end) throw new Error('a generated block ends that did not begin');
      lines.push(line);
      if (name !== undefined) open = { name, content: [] };
    } else if (line === end) {
      // Blank lines around it, or a table would run into the comment.
      lines.push('', fill(open.name, open.content.join('\n').trim()), '', line);
      open = undefined;
    } else {
      if (name !== undefined) throw new Error(`the generated block ${open.name} does not end`);
      open.content.push(line);
    }
  }
  if (open !== undefined) throw new Error(`the generated block ${open.name} does not end`);
  return lines.join('\n');
}

/** A Markdown table. */
export function toTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const lines = [head, head.map(() => '---'), ...body];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
