import type { ModelFiles } from '../../../shared/packaging/files/model-files.ts';
import { planServing } from '../../../shared/packaging/model/plan-serving.ts';
import { readModel } from '../../../shared/packaging/model/read-model.ts';
import type { PackageRequest } from '../../../shared/packaging/plan-image.ts';

/** What packaging is asked for a folder with a servable model. */
export const packageRequest = async (
  files: ModelFiles,
  more: Partial<Pick<PackageRequest, 'name' | 'version' | 'server'>> = {},
): Promise<PackageRequest> => {
  const { listing, ...folder } = await readModel(files);
  const plan = planServing({ listing, ...folder });
  if (plan.kind === 'refused') throw new Error(plan.refusal.message);
  const { mlmodel, signatureJson } = plan;
  return {
    name: 'heart-classifier',
    version: '2',
    server: { kind: 'onnx' },
    ...more,
    files,
    listing,
    mlmodel,
    ...(signatureJson === undefined ? {} : { signatureJson }),
  };
};
