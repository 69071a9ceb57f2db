import { isSlipwayError, toSlipwayError } from '../platform/errors.ts';
import type { Logger } from '../platform/logging.ts';
import { getModelVersion } from '../registry/get-version.ts';
import type { ModelVersion } from '../registry/model.ts';
import type { RegistryServices } from '../registry/services.ts';
import type { ModelSource } from './build-model-package.ts';
import type { BuilderTraits } from './model/describe-environment.ts';
import type { ModelReport } from './model/report.ts';
import { reportModel, unreachableReport } from './model/report-model.ts';

export interface ReportServices extends RegistryServices {
  readonly modelSource: ModelSource;
  readonly environmentBuilder: BuilderTraits;
  readonly log: Logger;
}

/** A caller waits for the report; what is slower than this is as good as unreachable. */
const DEADLINE_MS = 60_000;

/**
 * What a version holds and how it would be served, read from its files now. Files that cannot be read are a report too.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST when there is no such version
 */
export const reportVersion = async (
  services: ReportServices,
  { name, version }: { readonly name: string; readonly version: string },
  deadlineMs = DEADLINE_MS,
): Promise<ModelReport> => {
  const found = await getModelVersion(services, name, version);
  try {
    return await within(deadlineMs, readReport(services, found));
  } catch (error) {
    const { code, message: reason } = toSlipwayError(error);
    services.log.warn({ model: name, version, code, reason }, 'model not readable for its report');
    return unreachableReport(isSlipwayError(error) ? error.message : 'reading them broke off; try again');
  }
};

const readReport = async (
  { modelSource, environmentBuilder }: ReportServices,
  version: ModelVersion,
): Promise<ModelReport> => {
  const found = await modelSource.filesOf(version);
  return 'unreachable' in found ? unreachableReport(found.unreachable) : reportModel(found.files, environmentBuilder);
};

const within = async (deadlineMs: number, report: Promise<ModelReport>): Promise<ModelReport> => {
  const { promise: late, resolve } = Promise.withResolvers<ModelReport>();
  const message = `they were not read within ${deadlineMs / 1_000} s; try again`;
  const timer = setTimeout(resolve, deadlineMs, unreachableReport(message));
  return Promise.race([report, late]).finally(() => clearTimeout(timer));
};
