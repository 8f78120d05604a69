/** Sessions in OpenTelemetry: each read and write of a run is a span below the span of the turn. */
import { SQLiteSession } from '@agent-sessions/sqlite';
import { Agent, run } from '@openai/agents';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { announceModel, modelSettings } from '../support/model.ts';
import { traceSessions } from './session-spans.ts';

// An application has its own provider, which sends spans to a collector.
const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(provider);
const tracer = trace.getTracer('support-desk');

const stop = traceSessions(tracer);
announceModel();
const agent = new Agent({ name: 'Assistant', ...modelSettings('Hello, Ada.') });
await using session = new SQLiteSession({ sessionId: 'ada' });
await tracer.startActiveSpan('turn', async (span) => {
  await run(agent, 'Hello, I am Ada.', { session });
  span.end();
});
stop();

const spans = exporter.getFinishedSpans();
const turn = spans.find(({ name }) => name === 'turn');
for (const { name, attributes, parentSpanContext } of spans) {
  const isBelow = parentSpanContext?.spanId === turn?.spanContext().spanId;
  console.log(`${isBelow ? 'turn > ' : ''}${name} ${JSON.stringify(attributes)}`);
}
