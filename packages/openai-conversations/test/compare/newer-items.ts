/** What the types of `openai` 7.57.0 have and the published schema lacks. */
export const newer: readonly Record<string, unknown>[] = [
  { type: 'configuration_update', reasoning: { effort: 'high' } },
  { type: 'configuration_update', text: { verbosity: 'low' } },
  ...['generate', 'edit', 'auto'].map((action) => image({ action })),
  ...['transparent', 'opaque', 'auto'].map((background) => image({ background })),
  ...['png', 'webp', 'jpeg', 'gif', 'svg'].map((output_format) => image({ output_format })),
  ...['low', 'medium', 'high', 'xhigh', 'max', 'auto'].map((quality) => image({ quality })),
  image({ revised_prompt: 'A cat.' }),
  image({ size: '1024x1024' }),
  image({ error: { code: 'moderation', message: 'No.', param: null, type: 'refused' } }),
  {
    type: 'web_search_call',
    status: 'incomplete',
    action: { type: 'search', query: 'x', queries: ['x'] },
  },
  {
    type: 'function_call',
    status: 'completed',
    call_id: 'c',
    name: 't',
    arguments: '{}',
    async: true,
  },
  { type: 'custom_tool_call', call_id: 'c', name: 't', input: 'x', async: true },
  {
    type: 'computer_call_output',
    call_id: 'c',
    status: 'failed',
    output: { type: 'computer_screenshot', image_url: 'https://example.com/a.png' },
  },
  {
    type: 'message',
    role: 'user',
    status: 'completed',
    content: [
      { type: 'input_text', text: 'a', prompt_cache_breakpoint: { mode: 'explicit', ttl: '1h' } },
    ],
  },
];

function image(more: object): Record<string, unknown> {
  return { type: 'image_generation_call', status: 'completed', result: null, ...more };
}
