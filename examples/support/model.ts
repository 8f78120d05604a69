import { type AgentInputItem, type Model, setTracingDisabled } from '@openai/agents';
import {
  assistantMessage,
  functionCall,
  modelResponder,
  ScriptedModel,
} from '@openai/agents/testing';

/** True if a real model answers; otherwise the examples use scripted answers. */
export const hasRealModel: boolean = Boolean(process.env.OPENAI_API_KEY);

/**
 * Settings for `new Agent({ … })`: none with a real model, and otherwise the SDK's `ScriptedModel`
 * that gives these answers in turn. An answer is a text, a tool call, or a function of what the model
 * was given.
 */
export function modelSettings(...answers: Answer[]): { model?: Model } {
  if (hasRealModel) return {};
  setTracingDisabled(true);
  return { model: new ScriptedModel(answers.map(toStep)) };
}

/** Says once, in plain words, where the answers come from. */
export function announceModel(): void {
  if (!hasRealModel) console.log('(No OPENAI_API_KEY is set: the answers are scripted.)');
}

/** A tool call among the scripted answers. */
export interface ToolCall {
  readonly tool: string;
  readonly arguments: Record<string, unknown>;
}

export type Answer = string | ToolCall | ((given: readonly AgentInputItem[]) => string);

let calls = 0;

function toStep(answer: Answer) {
  if (typeof answer === 'string') return [assistantMessage(answer)];
  if (typeof answer === 'object') {
    calls += 1;
    return [functionCall(answer.tool, answer.arguments, { callId: `call_${calls}` })];
  }
  return modelResponder(({ request: { input } }) => {
    const given = typeof input === 'string' ? [] : input;
    return [assistantMessage(answer(given))];
  });
}
