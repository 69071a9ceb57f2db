import { text } from 'node:stream/consumers';
import { SlipwayError } from '../../../platform/errors.ts';
import type { ModelFile, ModelFiles } from '../../files/model-files.ts';

const REQUIREMENTS = 'requirements.txt';

/** The modules of the scoring server: what Python itself leaves in the folder stays behind. */
export const serverFiles = async (server: ModelFiles): Promise<readonly ModelFile[]> => {
  const files: ModelFile[] = [];
  for await (const file of server.list()) if (file.path.endsWith('.py')) files.push(file);
  if (files.some(({ path }) => path === 'main.py')) return files;
  throw new SlipwayError(
    'INTERNAL_ERROR',
    'the Python scoring server has no main.py: PYTHON_SERVER_DIR is not its folder',
  );
};

/** What the server needs beside the packages of the model, one requirement per line. */
export const readServerRequirements = async (server: ModelFiles): Promise<readonly string[]> =>
  (await text(await server.open(REQUIREMENTS)))
    .split('\n')
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((line) => line !== '');
