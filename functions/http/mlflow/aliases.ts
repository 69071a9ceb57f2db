import * as z from 'zod';
import { deleteAlias, setAlias } from '../../../shared/registry/aliases.ts';
import { getVersionByAlias } from '../../../shared/registry/get-version.ts';
import { required } from './fields.ts';
import { byName, mlflowCall } from './route.ts';
import { toVersionView, versionView } from './views.ts';

const path = 'registered-models/alias';

/** Calls about aliases. */
export const aliasCalls = [
  mlflowCall({
    name: 'set-registered-model-alias',
    method: 'POST',
    path,
    models: byName,
    summary: 'Point an alias to a model version',
    fields: z.object({ name: required('name'), alias: required('alias'), version: required('version') }),
    run: (fields, services, { cause }) => setAlias(services, fields, cause),
  }),
  mlflowCall({
    name: 'delete-registered-model-alias',
    method: 'DELETE',
    path,
    models: byName,
    summary: 'Delete an alias',
    fields: z.object({ name: required('name'), alias: required('alias') }),
    run: (fields, services, { cause }) => deleteAlias(services, fields, cause),
  }),
  mlflowCall({
    name: 'get-model-version-by-alias',
    method: 'GET',
    path,
    models: byName,
    summary: 'Get the model version that an alias points to',
    fields: z.object({ name: required('name'), alias: required('alias') }),
    output: z.object({ model_version: versionView }),
    run: async ({ name, alias }, services) => ({
      model_version: toVersionView(await getVersionByAlias(services, name, alias)),
    }),
  }),
];
