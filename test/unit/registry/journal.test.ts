import { beforeEach, describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../../shared/events/catalogue.ts';
import type { JournalEntry } from '../../../shared/platform/journal.ts';
import { deleteAlias, setAlias } from '../../../shared/registry/aliases.ts';
import { createModel } from '../../../shared/registry/create-model.ts';
import { createVersion } from '../../../shared/registry/create-version.ts';
import { deleteModel } from '../../../shared/registry/delete-model.ts';
import { deleteVersion } from '../../../shared/registry/delete-version.ts';
import { registerForeignVersion } from '../../../shared/registry/register-foreign-version.ts';
import { renameModel } from '../../../shared/registry/rename-model.ts';
import type { RegistryServices } from '../../../shared/registry/services.ts';
import { transitionStage } from '../../../shared/registry/transition-stage.ts';
import { deleteModelTag, describeModel, setModelTag } from '../../../shared/registry/update-model.ts';
import { deleteVersionTag, describeVersion, setVersionTag } from '../../../shared/registry/update-version.ts';
import { createMemoryDocuments, type MemoryDocuments } from '../../support/memory-documents.ts';
import { createRegistryServices } from '../../support/registry/registry-server.ts';

const CAUSE = { causedBy: 'request-1', correlationId: 'story-1' };

let documents: MemoryDocuments;
let services: RegistryServices;

beforeEach(() => {
  documents = createMemoryDocuments();
  services = createRegistryServices(documents);
});

const entries = (): JournalEntry[] =>
  documents
    .all()
    .map(({ value }) => value)
    .filter((value): value is JournalEntry => value.kind === 'journal')
    .sort((left, right) => left.time.localeCompare(right.time));

/** The entries as short texts, in order of time. */
const told = (): string[] =>
  entries().map(({ type, subject, data }) => {
    const { change, key, value } = data as { change?: string; key?: string; value?: string };
    return [change ?? type, subject, key, value].filter((part) => part !== undefined).join(' ');
  });

describe('journal of the registry', () => {
  it('tells every change once, in events that the catalogue has', async () => {
    const heart = { name: 'my heart' };
    const key = { ...heart, version: '1' };
    await createModel(services, heart, CAUSE);
    await createVersion(
      services,
      { ...heart, source: 's3://bucket/1', runId: 'r1', tags: [{ key: 'a', value: 'b' }] },
      CAUSE,
    );
    await describeModel(services, { ...heart, description: 'x' }, CAUSE);
    await setModelTag(services, { ...heart, key: 'team', value: 'cardio' }, CAUSE);
    await deleteModelTag(services, { ...heart, key: 'team' }, CAUSE);
    await describeVersion(services, { ...key, description: 'x' }, CAUSE);
    await setVersionTag(services, { ...key, key: 'a', value: 'c' }, CAUSE);
    await deleteVersionTag(services, { ...key, key: 'a' }, CAUSE);
    await setAlias(services, { ...key, alias: 'champion' }, CAUSE);
    await deleteAlias(services, { ...heart, alias: 'champion' }, CAUSE);
    await transitionStage(services, { ...key, stage: 'staging' }, CAUSE);
    await deleteVersion(services, key, CAUSE);
    await renameModel(services, { ...heart, newName: 'heart' }, CAUSE);
    await deleteModel(services, 'heart', CAUSE);
    expect(told()).toEqual([
      'created models/my%20heart',
      'slipway.model.registered models/my%20heart/versions/1',
      'described models/my%20heart',
      'tag-set models/my%20heart team cardio',
      'tag-deleted models/my%20heart team',
      'described models/my%20heart/versions/1',
      'tag-set models/my%20heart/versions/1 a c',
      'tag-deleted models/my%20heart/versions/1 a',
      'alias-set models/my%20heart/versions/1 champion',
      'alias-deleted models/my%20heart/versions/1 champion',
      'stage-transitioned models/my%20heart/versions/1 Staging',
      'version-deleted models/my%20heart/versions/1',
      'renamed models/my%20heart heart',
      'deleted models/heart',
    ]);
    for (const entry of entries()) {
      const event = CATALOGUE.find(({ type }) => type === entry.type);
      expect(event?.data.parse(entry.data)).toEqual(entry.data);
      expect(entry).toMatchObject(CAUSE);
    }
  });

  it('tells nothing when nothing changes', async () => {
    await createModel(services, { name: 'heart' }, CAUSE);
    await createVersion(services, { name: 'heart', source: 's3://bucket/1' }, CAUSE);
    const tag = { name: 'heart', key: 'a', value: 'b' };
    for (let time = 0; time < 2; time += 1) {
      await setAlias(services, { name: 'heart', alias: 'champion', version: '1' }, CAUSE);
      await setModelTag(services, tag, CAUSE);
      await setVersionTag(services, { ...tag, version: '1' }, CAUSE);
    }
    await deleteModelTag(services, { name: 'heart', key: 'other' }, CAUSE);
    await deleteVersionTag(services, { name: 'heart', version: '1', key: 'other' }, CAUSE);
    await deleteAlias(services, { name: 'heart', alias: 'other' }, CAUSE);
    expect(told().length).toBe(5);
  });

  it('tells each of the versions that a transition archives', async () => {
    await createModel(services, { name: 'heart' }, CAUSE);
    for (let made = 0; made < 3; made += 1) {
      await createVersion(services, { name: 'heart', source: 's3://bucket/1' }, CAUSE);
    }
    await transitionStage(services, { name: 'heart', version: '1', stage: 'Production' }, CAUSE);
    await transitionStage(services, { name: 'heart', version: '2', stage: 'Production' }, CAUSE);
    await transitionStage(services, { name: 'heart', version: '3', stage: 'Production', archiveExisting: true }, CAUSE);
    expect(told().slice(-3).toSorted()).toEqual([
      'stage-transitioned models/heart/versions/1 Archived',
      'stage-transitioned models/heart/versions/2 Archived',
      'stage-transitioned models/heart/versions/3 Production',
    ]);
  });

  it('tells of a prompt version as a change, for there is nothing to package', async () => {
    const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
    await createModel(services, { name: 'prompt', tags }, CAUSE);
    await createVersion(services, { name: 'prompt', source: 'dummy', tags }, CAUSE);
    expect(told()).toEqual(['created models/prompt', 'created models/prompt/versions/1']);
  });
});

describe('a version of Azure ML', () => {
  const foreign = (version: string, source = `azureml://models/heart/versions/${version}`) => ({
    name: 'heart',
    version,
    source,
    tags: { team: 'cardio' },
    origin: 'azure-ml' as const,
  });
  const registered = () => told().filter((line) => line.startsWith('slipway.model.registered'));

  it('is mirrored with its number, whatever the order, and told once however often it comes', async () => {
    for (const version of ['3', '1', '3', '2', '1']) await registerForeignVersion(services, foreign(version), CAUSE);
    expect(registered().toSorted()).toEqual(
      [1, 2, 3].map((version) => `slipway.model.registered models/heart/versions/${version}`),
    );
    const next = await createVersion(services, { name: 'heart', source: 's3://bucket/1' }, CAUSE);
    expect(next.version).toBe('4');
    const { data } = entries().find(({ subject }) => subject === 'models/heart/versions/3') ?? {};
    expect(data).toEqual({
      name: 'heart',
      version: '3',
      source: 'azureml://models/heart/versions/3',
      tags: { team: 'cardio' },
      origin: 'azure-ml',
      modelId: (await services.registry.findModel('heart'))?.value.modelId,
    });
  });

  it('is mirrored once by callers at once', async () => {
    await Promise.all(Array.from({ length: 10 }, () => registerForeignVersion(services, foreign('1'), CAUSE)));
    expect(registered()).toEqual(['slipway.model.registered models/heart/versions/1']);
  });

  it('leaves a number alone that was deleted or has the same source', async () => {
    await createModel(services, { name: 'heart' }, CAUSE);
    await createVersion(services, { name: 'heart', source: 'azureml://same' }, CAUSE);
    await registerForeignVersion(services, foreign('1', 'azureml://same'), CAUSE);
    await deleteVersion(services, { name: 'heart', version: '1' }, CAUSE);
    await registerForeignVersion(services, foreign('1'), CAUSE);
    expect(registered().length).toBe(1);
  });

  it('is refused when the number is that of another version of ours', async () => {
    await createModel(services, { name: 'heart' }, CAUSE);
    await createVersion(services, { name: 'heart', source: 's3://bucket/1' }, CAUSE);
    await expect(registerForeignVersion(services, foreign('1'), CAUSE)).rejects.toMatchObject({
      code: 'RESOURCE_ALREADY_EXISTS',
    });
  });

  it.each(['0', '-1', 'x', '1.0', '9'.repeat(20)])('is refused with the version %s', async (version) => {
    await expect(registerForeignVersion(services, foreign(version), CAUSE)).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
    });
  });
});
