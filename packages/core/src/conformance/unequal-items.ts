import type { AgentInputItem } from '@openai/agents';
import { assistant, call, carrying, result, user } from './items.ts';

/** By what differs: two items that are almost equal, each valid in the SDK's own schema. */
export const unequalItems: Readonly<Record<string, readonly [AgentInputItem, AgentInputItem]>> = {
  text: [user('one'), user('two')],
  'the case of a letter': [user('One'), user('one')],
  'white space at an end': [user('one'), user('one ')],
  'white space within': [user('one two'), user('one  two')],
  'how an accent is composed': [user('é'.normalize('NFC')), user('é'.normalize('NFD'))],
  'the end of a long text': [user(`${'x'.repeat(5000)}a`), user(`${'x'.repeat(5000)}b`)],
  'the role': [user('one'), { type: 'message', role: 'system', content: 'one' }],
  'the form of the content': [
    user('one'),
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'one' }] },
  ],
  'the status': [call('c1'), { ...call('c1'), status: 'in_progress' }],
  'an id that only one has': [assistant('one'), { ...assistant('one'), id: 'msg_1' }],
  'the id': [
    { ...assistant('one'), id: 'msg_1' },
    { ...assistant('one'), id: 'msg_2' },
  ],
  'anything but the id': [
    { ...assistant('one'), id: 'msg_1' },
    { ...assistant('two'), id: 'msg_1' },
  ],
  'the call id': [call('c1'), call('c2')],
  'the arguments of a call': [call('c1', '{}'), call('c1', '{"a":1}')],
  'how the arguments are written': [call('c1', '{"a":1}'), call('c1', '{"a": 1}')],
  'the name of a tool': [call('c1'), { ...call('c1'), name: 'other' }],
  'the result of a call': [result('c1', 'one'), result('c1', 'two')],
  'provider data that only one has': [user('carries data'), carrying({ a: 1 })],
  'the type of a value': [carrying({ a: 1 }), carrying({ a: '1' })],
  'one and true': [carrying({ a: 1 }), carrying({ a: true })],
  'nothing and null': [carrying({}), carrying({ a: null })],
  'zero and null': [carrying({ a: 0 }), carrying({ a: null })],
  'a list and an object': [carrying({ a: ['x'] }), carrying({ a: { 0: 'x' } })],
  'empty values': [carrying({ a: [] }), carrying({ a: {} })],
  'the order of a list': [carrying({ a: [1, 2] }), carrying({ a: [2, 1] })],
  'how lists are grouped': [carrying({ a: [[1], [2]] }), carrying({ a: [[1, 2], []] })],
  'a value far inside': [
    carrying({ a: { b: { c: { d: { e: { f: [1] } } } } } }),
    carrying({ a: { b: { c: { d: { e: { f: [2] } } } } } }),
  ],
  'a large number': [carrying({ a: 2 ** 53 - 1 }), carrying({ a: 2 ** 53 - 2 })],
};
