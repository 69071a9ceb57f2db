import type { ModelDocument, ModelVersion, RegisteredModel, VersionDocument } from './model.ts';

/** A version with what its model knows of it. */
export const toModelVersion = (model: ModelDocument, document: VersionDocument): ModelVersion => ({
  modelId: model.modelId,
  name: model.name,
  version: String(document.version),
  createdAt: document.createdAt,
  updatedAt: laterOf(document.updatedAt, model.renamedAt),
  stage: document.stage,
  status: document.status,
  ...(document.statusMessage === undefined ? {} : { statusMessage: document.statusMessage }),
  description: document.description,
  source: document.source,
  ...(document.location === undefined ? {} : { location: document.location }),
  runId: document.runId,
  runLink: document.runLink,
  tags: document.tags,
  aliases: model.aliases.filter(({ version }) => version === document.version).map(({ alias }) => alias),
  origin: document.origin,
  ...(document.originOf === undefined ? {} : { originOf: document.originOf }),
});

/** A model with its latest versions. */
export const toRegisteredModel = (model: ModelDocument, latest: readonly VersionDocument[]): RegisteredModel => ({
  modelId: model.modelId,
  name: model.name,
  createdAt: model.createdAt,
  updatedAt: model.updatedAt,
  description: model.description,
  tags: model.tags,
  aliases: model.aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
  latestVersions: latest.map((version) => toModelVersion(model, version)),
});

const laterOf = <T extends number>(at: T, other: T | undefined): T => (other !== undefined && other > at ? other : at);
