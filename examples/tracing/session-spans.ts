import { operationChannel, type SessionOperation } from '@agent-sessions/core';
import { type Span, SpanStatusCode, type Tracer } from '@opentelemetry/api';

/**
 * Makes an OpenTelemetry span of every call on a session, under the span that is active where the
 * call is made. Returns a function that stops it.
 */
export function traceSessions(tracer: Tracer): () => void {
  const spans = new WeakMap<SessionOperation, Span>();
  const subscribers = {
    start(operation: SessionOperation) {
      spans.set(operation, tracer.startSpan(`session ${operation.operation}`));
    },
    end() {},
    asyncStart() {},
    error(operation: SessionOperation) {
      spans.get(operation)?.setStatus({ code: SpanStatusCode.ERROR });
    },
    asyncEnd(operation: SessionOperation) {
      const { store, sessionIdHash, itemCount, retries } = operation;
      spans
        .get(operation)
        ?.setAttributes({
          'session.store': store,
          'session.retries': retries,
          // The hash, for ids of sessions often are ids of people.
          ...(sessionIdHash !== undefined && { 'session.id_hash': sessionIdHash }),
          ...(itemCount !== undefined && { 'session.items': itemCount }),
        })
        .end();
    },
  };
  operationChannel.subscribe(subscribers);
  return () => operationChannel.unsubscribe(subscribers);
}
