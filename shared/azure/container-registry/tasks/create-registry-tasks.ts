import * as z from 'zod';
import type { DockerBuild, RegistryTasks } from '../../../packaging/environment/pip/registry-tasks.ts';
import { SlipwayError } from '../../../platform/errors.ts';
import { type ArmClient, type ArmClientOptions, createArmClient } from '../../arm-client.ts';

const runSchema = z.object({
  properties: z.object({
    runId: z.string().min(1),
    status: z.string(),
    runErrorMessage: z.string().nullish(),
    outputImages: z.array(z.object({ repository: z.string(), digest: z.string() })).nullish(),
  }),
});

export type RegistryTasksOptions = Omit<ArmClientOptions, 'workspaceId' | 'apiVersion'> & {
  /** ARM id of the registry. */
  readonly registryId: string;
};

/** The only version in which every registry still has runs. */
const API_VERSION = '2019-06-01-preview';

const MAX_LOG_BYTES = 4 * 1024 * 1024;
const TRANSFER_TIMEOUT_MS = 60_000;

const uploadSchema = z.object({ uploadUrl: z.url(), relativePath: z.string().min(1) });
const logSchema = z.object({ logLink: z.url() });

/** @see https://learn.microsoft.com/rest/api/containerregistry/registries/schedule-run */
export const createRegistryTasks = ({ registryId, ...options }: RegistryTasksOptions): RegistryTasks => {
  const arm = createArmClient({ ...options, workspaceId: registryId, apiVersion: API_VERSION });
  return {
    async start(build) {
      const upload = uploadSchema.parse(await arm.send({ method: 'POST', path: '/listBuildSourceUploadUrl' }));
      await putContext(upload.uploadUrl, build.context);
      return runSchema.parse(await schedule(arm, build, upload.relativePath)).properties.runId;
    },
    async run(runId) {
      return runSchema.parse(await arm.send({ method: 'GET', path: runPath(runId) })).properties;
    },
    async log(runId) {
      const { logLink } = logSchema.parse(await arm.send({ method: 'POST', path: `${runPath(runId)}/listLogSasUrl` }));
      const answer = await transfer(logLink, { headers: { range: `bytes=-${MAX_LOG_BYTES}` } });
      return (await answer.text()).slice(-MAX_LOG_BYTES);
    },
    async cancel(runId) {
      await arm.find({ method: 'POST', path: `${runPath(runId)}/cancel` });
    },
  };
};

const runPath = (runId: string): string => `/runs/${encodeURIComponent(runId)}`;

const schedule = async (arm: ArmClient, build: DockerBuild, sourceLocation: string): Promise<unknown> => {
  const body = {
    type: 'DockerBuildRequest',
    imageNames: [build.imageName],
    isPushEnabled: true,
    noCache: true,
    dockerFilePath: 'Dockerfile',
    platform: { os: 'Linux', architecture: 'amd64' },
    sourceLocation,
    timeout: build.timeoutS,
    agentConfiguration: { cpu: build.cpu },
    ...(build.agentPool === undefined ? {} : { agentPoolName: build.agentPool }),
    credentials: { sourceRegistry: { loginMode: 'Default' } },
  };
  try {
    return await arm.send({ method: 'POST', path: '/scheduleRun', body });
  } catch (cause) {
    if (!(cause instanceof SlipwayError) || !cause.message.includes('TasksOperationsNotAllowed')) throw cause;
    throw new SlipwayError(
      'INVALID_STATE',
      'this subscription may not run tasks in its registry, as those with free credit may not: ask Azure support to allow them, or choose another ENVIRONMENT_BUILDER',
      { cause },
    );
  }
};

/** The URL is signed: it goes without our credential, and it is shown nowhere. */
const putContext = async (url: string, context: Buffer): Promise<void> => {
  await transfer(url, {
    method: 'PUT',
    headers: { 'x-ms-blob-type': 'BlockBlob', 'content-type': 'application/gzip' },
    body: new Uint8Array(context),
  });
};

const transfer = async (url: string, init: RequestInit): Promise<Response> => {
  const { host } = new URL(url);
  const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(TRANSFER_TIMEOUT_MS) }).catch(
    (cause: unknown) => {
      throw new SlipwayError('TEMPORARILY_UNAVAILABLE', `'${host}' did not answer`, { cause });
    },
  );
  if (answer.ok) return answer;
  throw new SlipwayError('TEMPORARILY_UNAVAILABLE', `'${host}' answered ${answer.status}`);
};
