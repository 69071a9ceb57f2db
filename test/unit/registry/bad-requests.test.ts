import { beforeAll, describe, expect, it } from 'vitest';
import type { Method } from '../../../shared/platform/http/route.ts';
import { callMlflow, createRegistryServices, mlflowClient, send } from '../../support/registry/registry-server.ts';

const services = createRegistryServices();

beforeAll(async () => {
  const client = mlflowClient(services);
  await client.post('registered-models/create', { name: 'heart' });
  await client.post('model-versions/create', { name: 'heart', source: 's3://bucket/1' });
});

const INVALID = 'INVALID_PARAMETER_VALUE';
const missing = (parameter: string) => `Missing value for required parameter '${parameter}'.`;
const key = { name: 'heart', version: '1' };

describe('a bad request', () => {
  it.each<[Method, string, Record<string, unknown>, number, string, string]>([
    ['POST', 'registered-models/create', {}, 400, INVALID, missing('name')],
    ['POST', 'registered-models/create', { name: '' }, 400, INVALID, missing('name')],
    ['POST', 'registered-models/create', { name: null }, 400, INVALID, missing('name')],
    ['POST', 'registered-models/create', { name: 5 }, 400, INVALID, "Invalid value 5 for parameter 'name' supplied"],
    ['POST', 'registered-models/create', { name: ['a'] }, 400, INVALID, "Hint: Value was of type 'list'"],
    ['POST', 'registered-models/create', { name: 'a/b' }, 400, INVALID, "cannot contain '/' or ':'"],
    ['POST', 'registered-models/create', { name: 'a:b' }, 400, INVALID, "cannot contain '/' or ':'"],
    ['POST', 'registered-models/create', { name: ' ' }, 400, INVALID, 'Registered model name cannot be empty.'],
    ['POST', 'registered-models/create', { name: 'a\nb' }, 400, INVALID, 'control characters'],
    ['POST', 'registered-models/create', { name: '\ud800' }, 400, INVALID, 'broken Unicode'],
    ['POST', 'registered-models/create', { name: 'x'.repeat(257) }, 400, INVALID, 'exceeds the maximum length of 256'],
    ['POST', 'registered-models/create', { name: 'x', tags: 'a' }, 400, INVALID, "parameter 'tags' supplied"],
    [
      'POST',
      'registered-models/create',
      { name: 'x', tags: [{ key: 'a', value: 1 }] },
      400,
      INVALID,
      "'tags' supplied",
    ],
    ['POST', 'registered-models/create', { name: 'x', description: true }, 400, INVALID, "Value was of type 'bool'"],
    ['POST', 'registered-models/create', { name: 'x', description: 'x'.repeat(10_001) }, 400, INVALID, 'of 10000 char'],
    ['POST', 'registered-models/rename', { name: 'heart' }, 400, INVALID, missing('new_name')],
    ['POST', 'registered-models/rename', { name: 'heart', new_name: 'a/b' }, 400, INVALID, "cannot contain '/' or ':'"],
    ['GET', 'registered-models/get', {}, 400, INVALID, missing('name')],
    ['GET', 'registered-models/get', { name: 'a/b' }, 404, 'RESOURCE_DOES_NOT_EXIST', 'with name=a/b not found'],
    ['GET', 'registered-models/search', { max_results: 0 }, 400, INVALID, 'It must be at least 1'],
    ['GET', 'registered-models/search', { max_results: 1001 }, 400, INVALID, 'at most 1000, but got value 1001'],
    ['GET', 'registered-models/search', { max_results: 'x' }, 400, INVALID, "parameter 'max_results' supplied"],
    ['GET', 'registered-models/search', { order_by: 'creation_timestamp' }, 400, INVALID, 'Invalid order_by clause'],
    ['GET', 'registered-models/search', { order_by: 'name UP' }, 400, INVALID, 'Invalid order_by clause'],
    ['GET', 'registered-models/search', { order_by: ['name', 'name DESC'] }, 400, INVALID, 'duplicate fields'],
    ['GET', 'registered-models/search', { page_token: '' }, 400, INVALID, 'Invalid page token'],
    ['GET', 'registered-models/search', { page_token: 'eyJvZmZzZXQiOiAxfQ==' }, 400, INVALID, 'Invalid page token'],
    ['GET', 'registered-models/search', { filter: 'name = x' }, 400, INVALID, 'Expected a quoted string'],
    ['GET', 'model-versions/search', { max_results: 200_001 }, 400, INVALID, 'at most 200000'],
    ['GET', 'model-versions/search', { order_by: 'timestamp' }, 400, INVALID, 'Invalid order_by clause'],
    ['POST', 'model-versions/create', { name: 'heart' }, 400, INVALID, missing('source')],
    [
      'POST',
      'model-versions/create',
      { name: 'x', source: 's3://b' },
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'with name=x not',
    ],
    [
      'POST',
      'model-versions/create',
      { name: 'heart', source: '/models/1' },
      400,
      INVALID,
      'To use a local path as a model',
    ],
    [
      'POST',
      'model-versions/create',
      { name: 'heart', source: 'models:/x/1' },
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'name=x',
    ],
    [
      'POST',
      'model-versions/create',
      { name: 'heart', source: 'models:/x' },
      400,
      INVALID,
      'Not a proper models:/ URI',
    ],
    [
      'POST',
      'model-versions/create',
      { name: 'heart', source: `s3://${'x'.repeat(2_000)}` },
      400,
      INVALID,
      "'source' exc",
    ],
    ['GET', 'model-versions/get', { name: 'heart' }, 400, INVALID, missing('version')],
    [
      'GET',
      'model-versions/get',
      { name: 'heart', version: 'x' },
      400,
      INVALID,
      "Parameter 'version' must be an integer, got 'x'.",
    ],
    ['GET', 'model-versions/get', { name: 'heart', version: '1.0' }, 400, INVALID, "must be an integer, got '1.0'."],
    [
      'GET',
      'model-versions/get',
      { name: 'heart', version: '-1' },
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'version=-1) not found',
    ],
    [
      'GET',
      'model-versions/get',
      { name: 'heart', version: '9'.repeat(400) },
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'not found',
    ],
    [
      'GET',
      'model-versions/get',
      { name: 'x', version: '1' },
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Model Version (name=x, version=1) not found',
    ],
    [
      'PATCH',
      'model-versions/update',
      { name: 'heart', version: 1 },
      400,
      INVALID,
      "Invalid value 1 for parameter 'version'",
    ],
    [
      'DELETE',
      'model-versions/delete',
      { name: 'x', version: '1' },
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Model Version (name=x',
    ],
    [
      'POST',
      'model-versions/transition-stage',
      { ...key, stage: 'live' },
      400,
      INVALID,
      'Invalid Model Version stage: live. Value must be one of None, Staging, Production, Archived.',
    ],
    [
      'POST',
      'model-versions/transition-stage',
      { ...key, stage: 'None', archive_existing_versions: true },
      400,
      INVALID,
      "because 'None' is not an Active stage. Valid stages are ['Staging', 'Production']",
    ],
    [
      'POST',
      'model-versions/transition-stage',
      { ...key, stage: 'None', archive_existing_versions: 'true' },
      400,
      INVALID,
      "Value was of type 'str'",
    ],
    [
      'POST',
      'registered-models/get-latest-versions',
      { name: 'heart', stages: ['live'] },
      400,
      INVALID,
      'Invalid Model Version stage',
    ],
    [
      'POST',
      'registered-models/get-latest-versions',
      { name: 'x' },
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Registered Model with',
    ],
    ['POST', 'registered-models/alias', { ...key, alias: 'a b' }, 400, INVALID, 'Invalid alias name'],
    ['POST', 'registered-models/alias', { ...key, alias: 'a\n' }, 400, INVALID, 'Invalid alias name'],
    ['POST', 'registered-models/alias', { ...key, alias: 'Latest' }, 400, INVALID, 'is reserved'],
    ['POST', 'registered-models/alias', { ...key, alias: 'V12' }, 400, INVALID, 'is reserved'],
    ['POST', 'registered-models/alias', { ...key, alias: 'x'.repeat(256) }, 400, INVALID, 'maximum length of 255'],
    [
      'POST',
      'registered-models/alias',
      { name: 'x', version: '1', alias: 'a' },
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Registered Model',
    ],
    ['GET', 'registered-models/alias', { name: 'x', alias: 'a' }, 400, INVALID, 'Registered model alias a not found.'],
    [
      'DELETE',
      'registered-models/alias',
      { name: 'x', alias: 'a' },
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Registered Model',
    ],
    [
      'POST',
      'registered-models/set-tag',
      { name: 'heart', key: 'x'.repeat(251) },
      400,
      INVALID,
      "'key' exceeds the maximum length of 250 characters",
    ],
    [
      'POST',
      'registered-models/set-tag',
      { name: 'heart', key: 'a', value: 'x'.repeat(100_001) },
      400,
      INVALID,
      "'value' exceeds the maximum length of 100000 characters",
    ],
    ...['/a', 'a/../b', 'a//b', '.', 'a/', 'a#b', 'a\n'].map(
      (tag): [Method, string, Record<string, unknown>, number, string, string] => [
        'POST',
        'model-versions/set-tag',
        { ...key, key: tag, value: '' },
        400,
        INVALID,
        "for parameter 'key' supplied",
      ],
    ),
    [
      'DELETE',
      'registered-models/delete-tag',
      { name: 'x', key: 'a' },
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Registered Model',
    ],
  ])('%s %s %j is answered %i', async (method, path, fields, status, code, message) => {
    const answered = await callMlflow(services, method, path, fields);
    expect(answered.status).toBe(status);
    expect(answered.json).toEqual({ error_code: code, message: expect.stringContaining(message) });
  });

  it.each([
    ['text/plain', '{"name":"x"}', "Content-Type must be 'application/json'"],
    ['application/json', 'no json', missing('name')],
    ['application/json', '', missing('name')],
    ['application/json', '["a"]', missing('name')],
  ])('with content type %s and body %j says what is wrong', async (contentType, body, message) => {
    const path = 'api/2.0/mlflow/registered-models/create';
    const { status, json } = await send(services, { method: 'POST', path, body, contentType });
    expect([status, json]).toEqual([400, { error_code: INVALID, message: expect.stringContaining(message) }]);
  });
});

describe('a lenient request', () => {
  it('may be JSON within JSON, with fields that nobody knows', async () => {
    const body = JSON.stringify(JSON.stringify({ name: 'twice', unknown: 1 }));
    const path = 'ajax-api/2.0/mlflow/registered-models/create';
    const { status } = await send(services, {
      method: 'POST',
      path,
      body,
      contentType: 'application/json; charset=utf-8',
    });
    expect(status).toBe(200);
  });
});
