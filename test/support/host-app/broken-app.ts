import { app } from '@azure/functions';

app.http('fine', { methods: ['GET'], authLevel: 'anonymous', handler: async () => ({}) });

throw new Error('the app is broken');
