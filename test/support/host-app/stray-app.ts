import { app } from '@azure/functions';

app.http('stray', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async () => {
    setTimeout(() => void Promise.reject(new Error('nobody waits for this')), 1);
    return {};
  },
});
app.http('hangs', { methods: ['GET'], authLevel: 'anonymous', handler: () => new Promise<never>(() => {}) });
console.log('printed while loading');
