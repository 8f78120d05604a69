import { stripTypeScriptTypes } from 'node:module';

// Jest reads modules itself and asks for a transformer, also for what Node does on its own.
export default {
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
};
