const PNG = 'iVBORw0KGgo=';

/** What a tool may give. */
export const outputs: Readonly<Record<string, unknown>> = {
  text: 'sunny',
  'empty text': '',
  'an object': { sky: 'blue' },
  nothing: undefined,
  'an image as bytes': {
    type: 'image',
    image: { data: new Uint8Array(Buffer.from(PNG, 'base64')), mediaType: 'image/png' },
  },
  'an image by URL': { type: 'image', image: 'https://example.com/a.png', detail: 'high' },
  'a file': {
    type: 'file',
    file: { data: 'JVBERi0xLjQ=', mediaType: 'application/pdf', filename: 'a.pdf' },
  },
  'several parts': [
    { type: 'text', text: 'see' },
    { type: 'image', image: `data:image/png;base64,${PNG}` },
  ],
};
