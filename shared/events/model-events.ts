import * as z from 'zod';
import { defineEvent } from './define-event.ts';

/** What is large is left out of events, which are billed by 64 KB and refused above 1 MB. */
const abridged = z
  .boolean()
  .optional()
  .describe('True when tags or a value over 32 KB were left out: the registry has them.');
const description = z.string().optional().describe('Absent when there is none.');
const tags = z.record(z.string(), z.string());

/** Version number of a model. */
export const version = z.string().regex(/^\d+$/).describe('Version number: a string of digits.');

export const modelRegistered = defineEvent({
  type: 'slipway.model.registered',
  summary: 'A model version was registered and is ready to be packaged.',
  subject: 'models/{name}/versions/{version}',
  data: z.object({
    name: z.string(),
    version,
    source: z.string().describe('Where its files are, as the client gave it.'),
    runId: z.string().optional(),
    description,
    tags,
    origin: z.enum(['mlflow', 'azure-ml', 'mlflow-server']).describe('Which registry it was registered in first.'),
    originOf: z
      .object({ server: z.string(), name: z.string(), version })
      .optional()
      .describe('What it is on the origin server it is mirrored from.'),
    modelId: z.string().optional().describe('Stays when the model is renamed.'),
    abridged,
  }),
  example: {
    subject: 'models/heart-classifier/versions/2',
    data: {
      name: 'heart-classifier',
      version: '2',
      source: 'mlflow-artifacts:/0/models/m-1/artifacts',
      tags: { team: 'cardio' },
      origin: 'mlflow',
    },
  },
});

export const modelChanged = defineEvent({
  type: 'slipway.model.changed',
  summary:
    'Something about a registered model or version changed: alias, stage, tag, description, name, or its existence.',
  subject: 'models/{name}[/versions/{version}]',
  data: z.object({
    name: z.string(),
    version: version.optional(),
    change: z.enum([
      'created',
      'renamed',
      'described',
      'deleted',
      'version-deleted',
      'tag-set',
      'tag-deleted',
      'alias-set',
      'alias-deleted',
      'stage-transitioned',
    ]),
    key: z.string().optional().describe('Tag key, alias, or new name.'),
    value: z.string().optional().describe('Tag value or stage.'),
    modelId: z.string().optional().describe('Stays when the model is renamed.'),
    revision: z
      .number()
      .int()
      .optional()
      .describe('Grows with every change of the version, for aliases of the model: the greater is the later.'),
    prompt: z.boolean().optional().describe('True when the model is a prompt, which MLflow keeps among the models.'),
    description,
    tags: tags.optional().describe('Tags that a model or prompt was created with.'),
    abridged,
  }),
  example: {
    subject: 'models/heart-classifier/versions/2',
    data: {
      name: 'heart-classifier',
      version: '2',
      change: 'alias-set',
      key: 'champion',
      modelId: 'mo_0b5e6c1c-8f0e-4c39-9d0d-2f1a3e7b9c11',
      revision: 7,
    },
  },
});

export const packageBuilt = defineEvent({
  type: 'slipway.package.built',
  summary: 'The image of a model version was built.',
  subject: 'models/{name}/versions/{version}',
  data: z.object({
    model: z.string(),
    version,
    image: z.string().describe('Reference by digest.'),
    sizeBytes: z.number().int().nonnegative(),
    durationMs: z.number().int().nonnegative(),
    server: z.enum(['onnx', 'python']).optional().describe('What serves the model.'),
    environment: z.string().optional().describe('Key of the Python environment that it runs in.'),
  }),
  example: {
    subject: 'models/heart-classifier/versions/2',
    data: {
      model: 'heart-classifier',
      version: '2',
      image:
        'registry.example/heart-classifier@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      sizeBytes: 31_457_280,
      durationMs: 412,
      server: 'onnx',
    },
  },
});

export const packageRefused = defineEvent({
  type: 'slipway.package.refused',
  summary: 'A model version cannot be packaged, and the message says what to do about it.',
  subject: 'models/{name}/versions/{version}',
  data: z.object({ model: z.string(), version, code: z.string(), message: z.string() }),
  example: {
    subject: 'models/heart-classifier/versions/3',
    data: {
      model: 'heart-classifier',
      version: '3',
      code: 'file-missing',
      message:
        'model.pkl is named by flavors.python_function.model_path in MLmodel, but it is not there. Log the model again, and let the upload finish.',
    },
  },
});

export const packageSwept = defineEvent({
  type: 'slipway.package.swept',
  summary:
    'The package of a model version was removed, because nothing needed it. It is built again when it is wanted.',
  subject: 'models/{name}/versions/{version}',
  data: z.object({
    model: z.string(),
    version,
    image: z.string().describe('Reference by digest, of what was there.'),
    because: z.string().describe('In words.'),
  }),
  example: {
    subject: 'models/heart-classifier/versions/2',
    data: {
      model: 'heart-classifier',
      version: '2',
      image:
        'registry.example/heart-classifier@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      because: 'nothing needs it, and it is 120 days old',
    },
  },
});
