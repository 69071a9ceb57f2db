import * as z from 'zod';
import type { PackageDocument } from '../../../shared/packaging/package-document.ts';
import { findPackage, type RequestPackageServices, requestPackage } from '../../../shared/packaging/request-package.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';
import { getModelVersion } from '../../../shared/registry/get-version.ts';
import { packageView, toPackageView } from './package-views.ts';
import { visiblePage } from './visible.ts';

export type PackageApiServices = RequestPackageServices;

const route = defineRoute<PackageApiServices>();
const common = { dialect: 'slipway' } as const;
const number = z.string().regex(/^[1-9]\d{0,14}$/, 'must be digits');

interface Named {
  readonly document: PackageDocument;
  readonly model: string;
}

/** Under the names that their models have now; without those whose model was deleted meanwhile. */
const withNames = async (
  { registry }: PackageApiServices,
  documents: readonly PackageDocument[],
): Promise<readonly Named[]> => {
  const ids = [...new Set(documents.flatMap(({ modelId }) => (modelId === undefined ? [] : [modelId])))];
  const names = new Map(
    await Promise.all(
      ids.map(async (id) => {
        const model = (await registry.readModel(id))?.value;
        return [id, model?.kind === 'registered-model' ? model.name : undefined] as const;
      }),
    ),
  );
  return documents.flatMap((document) => {
    const model = document.modelId === undefined ? document.model : names.get(document.modelId);
    return model === undefined ? [] : [{ document, model }];
  });
};

const list = route({
  ...common,
  name: 'api-packages-list',
  method: 'GET',
  access: 'reader',
  path: 'api/v1/packages',
  summary: 'Packages of model versions, the last asked for first.',
  query: z.object({
    model: z.string().min(1).optional(),
    cursor: z.string().min(1).optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  output: z.object({ items: z.array(packageView), next: z.string().optional() }),
  async handle({ query: { model, cursor, limit } }, services, { caller }) {
    const modelId = model === undefined ? undefined : (await services.registry.findModel(model))?.value.modelId;
    if (model !== undefined && modelId === undefined) return { json: { items: [] } };
    const { items, next } = await visiblePage(
      async (continuation) => {
        const page = await services.packageStore.list(modelId, { limit, continuation });
        const named = await withNames(
          services,
          page.items.map(({ value }) => value),
        );
        return { items: named, next: page.next };
      },
      cursor,
      (each) => caller.may('reader', each.model),
    );
    return { json: { items: items.map((each) => toPackageView(each.document, each.model)), next } };
  },
});

const get = route({
  ...common,
  name: 'api-packages-get',
  method: 'GET',
  access: 'reader',
  path: 'api/v1/packages/{model}/{version}',
  models: ({ params }) => [params.model],
  summary: 'The package of a model version: what is in its image, what it waits for, or why there is none.',
  params: z.object({ model: z.string().min(1), version: number }),
  output: packageView,
  async handle({ params }, services) {
    return { json: toPackageView(await packageOf(services, params), params.model) };
  },
});

const request = route({
  ...common,
  name: 'api-packages-request',
  method: 'POST',
  access: 'publisher',
  path: 'api/v1/packages',
  models: ({ body }) => [body.model],
  summary: 'Ask for the package of a model version, without a rollout. One that was refused is tried again.',
  body: z.strictObject({ model: z.string().min(1), version: number }),
  output: packageView,
  async handle({ body }, services, { cause }) {
    await getModelVersion(services, body.model, body.version);
    await requestPackage(services, body, cause);
    const document = await packageOf(services, body);
    return {
      status: document.phase === 'built' ? 200 : 202,
      headers: { Location: `/api/v1/packages/${encodeURIComponent(body.model)}/${body.version}` },
      json: toPackageView(document, body.model),
    };
  },
});

const packageOf = async (
  services: PackageApiServices,
  wish: { readonly model: string; readonly version: string },
): Promise<PackageDocument> => {
  const found = await findPackage(services, wish);
  if (found !== undefined) return found;
  const { model, version } = wish;
  throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `version ${version} of '${model}' has no package: ask for one`, {
    details: { model, version },
  });
};

export const packageRoutes = [list, get, request];
