import { app } from '@azure/functions';

app.setup({ enableHttpStream: true });
app.http('constant', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async () => ({ jsonBody: { constant: 1 } }),
});
