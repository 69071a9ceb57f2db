import * as z from 'zod';
import type { ModelVersion, RegisteredModel } from '../../../shared/registry/model.ts';

const tagView = z.object({ key: z.string(), value: z.string() });

/** A model version on MLflow's wire. Lists that are empty are left out, as MLflow does. */
export const versionView = z.object({
  name: z.string(),
  version: z.string(),
  creation_timestamp: z.number(),
  last_updated_timestamp: z.number(),
  current_stage: z.string(),
  description: z.string(),
  source: z.string(),
  run_id: z.string(),
  run_link: z.string(),
  status: z.string(),
  status_message: z.string().optional(),
  tags: z.array(tagView).optional(),
  aliases: z.array(z.string()).optional(),
});

/** A registered model on MLflow's wire. */
export const modelView = z.object({
  name: z.string(),
  creation_timestamp: z.number(),
  last_updated_timestamp: z.number(),
  description: z.string().optional(),
  latest_versions: z.array(versionView).optional(),
  tags: z.array(tagView).optional(),
  aliases: z.array(z.object({ alias: z.string(), version: z.string() })).optional(),
});

/** A version as MLflow's clients read it. */
export const toVersionView = (version: ModelVersion): z.input<typeof versionView> => ({
  name: version.name,
  version: version.version,
  creation_timestamp: version.createdAt,
  last_updated_timestamp: version.updatedAt,
  current_stage: version.stage,
  description: version.description,
  source: version.source,
  run_id: version.runId,
  run_link: version.runLink,
  status: version.status,
  ...(version.statusMessage === undefined ? {} : { status_message: version.statusMessage }),
  ...(version.tags.length === 0 ? {} : { tags: [...version.tags] }),
  ...(version.aliases.length === 0 ? {} : { aliases: [...version.aliases] }),
});

/** A model as MLflow's clients read it. */
export const toModelView = (model: RegisteredModel): z.input<typeof modelView> => ({
  name: model.name,
  creation_timestamp: model.createdAt,
  last_updated_timestamp: model.updatedAt,
  ...(model.description === '' ? {} : { description: model.description }),
  ...(model.latestVersions.length === 0 ? {} : { latest_versions: model.latestVersions.map(toVersionView) }),
  ...(model.tags.length === 0 ? {} : { tags: [...model.tags] }),
  ...(model.aliases.length === 0 ? {} : { aliases: [...model.aliases] }),
});
