import { buildPackage } from '../../../shared/packaging/build-package.ts';
import { createFolderFiles } from '../../../shared/packaging/files/folder-files.ts';
import type { ModelFiles } from '../../../shared/packaging/files/model-files.ts';
import type { LayerEncoding } from '../../../shared/packaging/image/layer.ts';
import { systemClock } from '../../../shared/platform/time.ts';
import { memoryFiles } from './memory-files.ts';
import { memoryLayerFacts } from './memory-images.ts';
import { nullImages } from './null-images.ts';
import { packageRequest } from './package-request.ts';

/**
 * Packages the model in a folder into nothing, in a process of its own, and prints the digest of its image and what the
 * process took. Folder and encoding are its arguments; the third leaves out content ids, as files of another server do.
 */
const [folder = '.', encoding = 'stored', withoutIds] = process.argv.slice(2);
const files = createFolderFiles(folder);

const anonymous: ModelFiles = {
  ...files,
  async *list() {
    for await (const { contentId: _, ...file } of files.list()) yield file;
  },
};

const began = Date.now();
const { digest, sizeBytes } = await buildPackage(
  {
    images: nullImages(),
    layerFacts: memoryLayerFacts(),
    server: memoryFiles({ 'main.mjs': 'console.log(1)\n' }),
    clock: systemClock,
    profile: { encoding: encoding as LayerEncoding },
  },
  await packageRequest(withoutIds === undefined ? files : anonymous),
);
const seconds = (Date.now() - began) / 1000;
const maxRssMib = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(JSON.stringify({ digest, sizeBytes, maxRssMib, seconds }));
