import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPackage } from '../../../shared/packaging/build-package.ts';
import { createFolderFiles } from '../../../shared/packaging/files/folder-files.ts';
import { systemClock } from '../../../shared/platform/time.ts';
import { ArmCalls } from '../../support/machine-learning/arm-calls.ts';
import { WorkspaceFixture } from '../../support/machine-learning/workspace-fixture.ts';
import { exampleModel, servingInput } from '../../support/packaging/example-models.ts';
import { memoryImages, memoryLayerFacts } from '../../support/packaging/memory-images.ts';
import { packageRequest } from '../../support/packaging/package-request.ts';
import { scoringRuntime } from '../../support/packaging/scoring-runtime.ts';

let fixture: WorkspaceFixture;
let calls: ArmCalls;

beforeAll(async () => {
  fixture = await WorkspaceFixture.create();
  await fixture.start();
  calls = new ArmCalls(fixture);
});
afterAll(() => fixture.dispose());

describe('a packaged model', () => {
  it('is deployed from its image and answers its own input example', async () => {
    const images = memoryImages();
    const built = await buildPackage(
      {
        images,
        layerFacts: memoryLayerFacts(),
        server: createFolderFiles(await scoringRuntime()),
        clock: systemClock,
      },
      await packageRequest(createFolderFiles(exampleModel('v2'))),
    );
    for (const [digest, content] of images.blobs) {
      await fixture.images.getBlockBlobClient(`blobs/${digest.replace(':', '/')}`).upload(content, content.length);
    }
    await calls.createEndpoint('heart');
    const deployment = await calls.deploy('heart', 'stable', { image: built.image });
    const logs = (await calls.arm('POST', '/onlineEndpoints/heart/deployments/stable/getLogs', {})).body.content;
    expect(deployment.properties.provisioningState, logs).toBe('Succeeded');
    await calls.setTraffic('heart', { stable: 100 });
    const answer = await calls.score('heart', await servingInput('v2'));
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(expect.any(Array));
  });
});
