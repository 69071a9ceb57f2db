import { SlipwayError } from '../../platform/errors.ts';
import { type ArmClientOptions, createArmClient } from '../arm-client.ts';
import { armDatastore, armModelVersion } from './arm-types.ts';

export interface MachineLearningModelVersion {
  readonly name: string;
  readonly version: string;
  readonly modelUri: string;
  /** `mlflow_model`, `custom_model` or `triton_model`. */
  readonly modelType?: string;
  readonly description?: string;
  readonly runId?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
}

export interface BlobPath {
  readonly account: string;
  readonly container: string;
  /** Without a leading slash. */
  readonly path: string;
}

/** Registered models of an Azure Machine Learning workspace. */
export interface MachineLearningModels {
  getModelVersion(name: string, version: string): Promise<MachineLearningModelVersion | undefined>;
  /**
   * Where an `azureml://…/datastores/{datastore}/paths/{path}` URI leads, in its short or its long form.
   *
   * @throws SlipwayError INVALID_PARAMETER_VALUE for other URIs, RESOURCE_DOES_NOT_EXIST for an unknown datastore
   */
  resolveDatastorePath(modelUri: string): Promise<BlobPath>;
}

const DATASTORE_URI = /^azureml:\/\/(?:.*\/)?datastores\/([^/]+)\/paths\/(.*)$/i;

/** Models and datastores of one Azure Machine Learning workspace. */
export const createMachineLearningModels = (options: ArmClientOptions): MachineLearningModels => {
  const client = createArmClient(options);
  return {
    async getModelVersion(name, version) {
      const path = `/models/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`;
      const found = await client.find({ method: 'GET', path });
      if (found === undefined) return undefined;
      const { modelUri, modelType, description, jobName, tags, properties } = armModelVersion.parse(found).properties;
      return {
        ...{ name, version, modelUri, tags, properties },
        ...(modelType && { modelType }),
        ...(description && { description }),
        ...(jobName && { runId: jobName }),
      };
    },
    async resolveDatastorePath(modelUri) {
      const [, datastore, path] = DATASTORE_URI.exec(modelUri) ?? [];
      if (datastore === undefined || path === undefined) {
        throw new SlipwayError('INVALID_PARAMETER_VALUE', `'${modelUri}' is not a path of a datastore`);
      }
      const found = await client.send({ method: 'GET', path: `/datastores/${datastore}` });
      const { accountName, containerName } = armDatastore.parse(found).properties;
      return { account: accountName, container: containerName, path };
    },
  };
};
