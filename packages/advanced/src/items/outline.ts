import { isUserTurn } from '@agent-sessions/core/backend';
import type { AgentInputItem } from '@openai/agents';

/** What is known of an item besides its record, which may be encrypted. */
export interface Outline {
  /** The role of a message, else the item's type. */
  readonly type: string;
  /** True if a turn starts here. */
  readonly isUser: boolean;
  /** The tool that a call or its result is about. */
  readonly toolName: string | undefined;
}

/** The outline of a record that cannot be read. */
export const UNREADABLE: Outline = { type: 'unknown', isUser: false, toolName: undefined };

/** The column holds ASCII of this length. */
const LONGEST_TYPE = 64;

/** Describes an item; raw items of the Responses API, as they are or as provider data, too. */
export function outlineOf(item: AgentInputItem): Outline {
  const wire = wireItem(item);
  const { type, role } = wire;
  if (typeof role === 'string' && (type === undefined || type === 'message')) {
    return { type: plain(role), isUser: isUserTurn(item), toolName: undefined };
  }
  const kind = typeof type === 'string' ? plain(type) : 'unknown';
  return { type: kind, isUser: false, toolName: toolNameOf(kind, wire) };
}

/** True for the types of items that call a tool, of every kind that the SDK knows. */
export function isToolCall(type: string): boolean {
  return type === 'program' || type.endsWith('_call');
}

/** Tools without a name of their own are called as the SDK calls them. */
function toolNameOf(type: string, wire: Readonly<Record<string, unknown>>): string | undefined {
  const { name, server_label: server, namespace } = wire;
  if (typeof name === 'string' && name !== '') {
    const qualifier = typeof server === 'string' ? server : namespace;
    return storable(
      typeof qualifier === 'string' && qualifier !== '' ? `${qualifier}.${name}` : name,
    );
  }
  const tool = type.replace(/_call(?:_output|_result)?$|_output$/, '');
  return isToolCall(type) || tool !== type ? tool : undefined;
}

/** The item, or what a provider's item wraps; of hosted tools both. */
function wireItem(item: AgentInputItem): Record<string, unknown> {
  const raw: unknown = item.providerData;
  const isWrapped = typeof raw === 'object' && raw !== null && 'type' in raw;
  if (item.type === 'unknown' && isWrapped) return { ...raw };
  if (item.type !== 'hosted_tool_call') return { ...item };
  // Some hosted "calls" only list tools or ask for approval.
  const kind = isWrapped ? String(raw.type) : '';
  const isNoCall = /_tools$|_request$|_response$/.test(kind);
  const details = typeof raw === 'object' && raw !== null ? raw : {};
  return { ...details, ...item, ...(isNoCall && { type: kind }) };
}

/** What every database keeps as text: Postgres takes no NUL, and none of them half a character. */
function storable(name: string): string {
  return name.replaceAll('\0', '?').toWellFormed();
}

function plain(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, '?').slice(0, LONGEST_TYPE);
}
