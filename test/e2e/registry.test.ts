import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { haveRegistryTools, type RegistryServer, startRegistryServer } from '../support/packaging/registry-server.ts';
import { startTestStack } from '../support/stack.ts';
import { quickPolicy, type Story, tellStory } from '../support/stack-story.ts';

const run = promisify(execFile);

const installed = haveRegistryTools('a stack with a registry', 'docker-registry', 'skopeo');

describe.skipIf(!installed)('a stack with a registry', () => {
  let registry: RegistryServer;
  let story: Story;
  beforeAll(async () => {
    registry = await startRegistryServer();
    story = tellStory(await startTestStack({ flags: ['--registry', `${registry.url}/team`] }));
  });
  beforeEach(({ onTestFailed }) => {
    onTestFailed(async () => console.error(await story.stack.tails(), registry.log().slice(-4000)));
  });
  afterAll(async () => {
    await story?.stack.remove();
    await registry?.close();
  });

  it('keeps packages there, and serves them from there', async () => {
    await story.client.request('PUT', '/api/v1/policies/quick', quickPolicy('diabetes', 'diabetes'));
    const version = await story.register('diabetes', 'v1');
    await story.rollout('diabetes', version, ['Succeeded', 'Failed']);

    const prediction = await story.predict('diabetes');
    expect(prediction.status).toBe(200);
    const image = `docker://${registry.host}/team/models/diabetes:v1`;
    const { stdout } = await run('skopeo', ['inspect', '--tls-verify=false', image]);
    expect(JSON.parse(stdout)).toMatchObject({
      Labels: { 'io.slipway.model.name': 'diabetes', 'io.slipway.model.version': '1' },
    });
    const { json } = await story.arm('GET', '/onlineEndpoints/diabetes/deployments');
    expect(JSON.stringify(json)).toContain(JSON.parse(stdout).Digest);
  });
});

describe('a registry with its password in the URL', () => {
  it('is refused before anything starts', async () => {
    const starting = startTestStack({ flags: ['--registry', 'http://team:secret@127.0.0.1:5000'] });

    await expect(starting).rejects.toMatchObject({ output: expect.stringContaining('IMAGE_REGISTRY_PASSWORD') });
  });
});
