import * as z from 'zod';

const advice = z.object({ what: z.string(), fix: z.string() });

const serving = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('servable'),
    server: z.enum(['node', 'python']).describe('Which scoring server its image gets.'),
    why: z.string(),
  }),
  z.object({ kind: z.literal('refused'), code: z.string(), message: z.string() }),
  z.object({ kind: z.literal('unreachable'), message: z.string().describe('Why its files cannot be read now.') }),
]);

const model = z.object({
  flavors: z.array(z.object({ name: z.string(), versions: z.record(z.string(), z.string()) })),
  loader: z.string().optional().describe('Python module that loads it.'),
  mlflowVersion: z.string().optional(),
  runId: z.string().optional(),
  modelId: z.string().optional(),
  createdAt: z.iso.datetime().optional(),
});

const file = z.object({ path: z.string(), sizeBytes: z.number() });

const files = z.object({
  count: z.number().int(),
  sizeBytes: z.number(),
  biggest: z.array(file).describe('At most five.'),
});

const signature = z.object({
  inputs: z.array(z.string()).describe('Such as `age: long` or `pixels: float32[*, 28, 28]`, where `*` is any number.'),
  outputs: z.array(z.string()),
  params: z.array(z.string()),
});

const examples = z.object({
  input: file.optional(),
  serving: z
    .object({ path: z.string(), sizeBytes: z.number(), body: z.string().optional().describe('Up to 4 KiB.') })
    .optional()
    .describe('A whole request, made from the input example.'),
});

const environment = z.object({
  file: z.string().describe('The file that names the packages.'),
  python: z.string().describe('Such as `3.11`.'),
  requirements: z.number().int().describe('How many packages are asked for by name.'),
  unpinned: z.array(z.string()).describe('Those without an exact version.'),
});

const risk = z.object({
  runsCode: z.boolean().describe('Whether loading the model runs code that its folder holds.'),
  message: z.string(),
  code: z.array(z.string()).describe('The model’s own Python files and folders.'),
  files: z
    .array(
      file.extend({
        format: z.string(),
        runsCode: z.boolean().describe('Whether files of this format run code when they are loaded.'),
        toldBy: z.enum(['content', 'flavor', 'name']),
      }),
    )
    .describe('Files of a known format, at most 100: those that run code first.'),
  unread: z.number().int().describe('Files that were judged by their names alone, because there are so many.'),
});

/** What a model folder holds and how it would be served. Parts are absent when they could not be read. */
export const modelReport = z.object({
  serving,
  model: model.optional(),
  files: files.optional(),
  signature: signature.optional(),
  examples: examples.optional(),
  environment: environment.optional().describe('Absent too when Python is not needed, or when it is refused.'),
  risk: risk.optional(),
  missing: z.array(advice).describe('What would make it better to serve.'),
});

export type ModelReport = z.infer<typeof modelReport>;
