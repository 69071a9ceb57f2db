import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../../scripts/bundle.mjs';
import { run } from '../../support/run.ts';
import type { Sample } from './report.ts';

/** What a tool is given to push. */
export interface Target {
  /** As in `127.0.0.1:40123`. */
  readonly registry: string;
  /** Folder of the model. */
  readonly model: string;
  readonly contentIds: string;
  /** A tar of the model, made beforehand. */
  readonly tar: string;
  /** A folder of the tool's own that stays between pushes and begins empty. */
  readonly own: string;
  /** Of the environment image, in the repository `env`. */
  readonly environment: string;
  /** sha256 of the weights, in hex. */
  readonly weights: string;
}

export interface Tool {
  readonly name: string;
  /** Ends with 0 and what it printed, or throws. */
  push(target: Target): Promise<Pick<Sample, 'rssMiB' | 'insideSeconds'>>;
  /** Not measured: what the tool keeps on the machine from before, such as the base image. */
  prepare?(target: Target): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL('./push-package.ts', import.meta.url));

const shell = (script: string, env: Record<string, string>) => run('bash', ['-euo', 'pipefail', '-c', script], env);

const variables = ({ registry, model, tar, own, weights }: Target) => ({
  REGISTRY: registry,
  MODEL: model,
  TAR: tar,
  OWN: own,
  WEIGHTS: weights,
});

/** Ours as it is deployed: one bundle. */
const slipway = (program: string): Tool => ({
  name: 'slipway',
  push: async ({ registry, model, contentIds, own, environment }) => {
    const { stdout } = await run(process.execPath, [
      program,
      ...['--registry', `http://${registry}`, '--model', model, '--content-ids', contentIds],
      ...['--facts', join(own, 'facts'), '--name', 'bench', '--environment', environment],
    ]);
    const { rssMiB, insideSeconds } = JSON.parse(stdout);
    return { rssMiB, insideSeconds };
  },
});

/** The least that anything can do: the raw bytes of the weights under a digest that is known, no image around them. */
const floor: Tool = {
  name: 'floor (curl)',
  push: async (target) => {
    await shell(
      `location=$(curl -sf -X POST -D - -o /dev/null "http://$REGISTRY/v2/floor/blobs/uploads/" | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p')
       curl -sf -T "$MODEL/model.pkl" -H 'content-type: application/octet-stream' "$location&digest=sha256:$WEIGHTS"`,
      variables(target),
    );
    return {};
  },
};

const craneFile: Tool = {
  name: 'crane append',
  push: async (target) => {
    await shell('crane append --insecure -b "$REGISTRY/env:base" -f "$TAR" -t "$REGISTRY/crane:1"', variables(target));
    return {};
  },
};

const craneStream: Tool = {
  name: 'crane append from tar -c',
  push: async (target) => {
    await shell(
      'tar -C "$MODEL" --transform "s,^[.],opt/ml/model," -c . | crane append --insecure -b "$REGISTRY/env:base" -f - -t "$REGISTRY/crane:1"',
      variables(target),
    );
    return {};
  },
};

const umoci: Tool = {
  name: 'umoci insert + skopeo',
  prepare: async (target) => {
    await shell(
      'skopeo copy -q --src-tls-verify=false "docker://$REGISTRY/env:base" "oci:$OWN:base"',
      variables(target),
    );
  },
  push: async (target) => {
    await shell(
      `umoci insert --image "$OWN:base" --tag 1 "$MODEL" /opt/ml/model
       skopeo copy -q --dest-tls-verify=false "oci:$OWN:1" "docker://$REGISTRY/umoci:1"`,
      variables(target),
    );
    return {};
  },
};

const BUILDAH = 'buildah --storage-driver vfs --root "$OWN/root" --runroot "$OWN/run"';

const buildah: Tool = {
  name: 'buildah',
  prepare: async (target) => {
    await shell(`${BUILDAH} pull -q --tls-verify=false "$REGISTRY/env:base"`, variables(target));
  },
  push: async (target) => {
    await shell(
      `c=$(${BUILDAH} from --pull=never --tls-verify=false "$REGISTRY/env:base")
       ${BUILDAH} copy -q "$c" "$MODEL" /opt/ml/model
       ${BUILDAH} commit -q --rm "$c" bench:1
       ${BUILDAH} push -q --tls-verify=false bench:1 "docker://$REGISTRY/buildah:1"`,
      variables(target),
    );
    return {};
  },
};

/**
 * Ours first, then the floor, then the peers that are on this machine.
 *
 * @param folder - where ours is bundled to
 */
export const installedTools = async (folder: string): Promise<readonly Tool[]> => {
  const needs: readonly (readonly [string, readonly Tool[]])[] = [
    ['crane', [craneFile, craneStream]],
    ['umoci', [umoci]],
    ['buildah', [buildah]],
  ];
  const program = join(folder, 'push-package.mjs');
  await bundle(SCRIPT, program);
  const tools: Tool[] = [slipway(program), floor];
  for (const [program, those] of needs) {
    const isThere = await shell(`command -v ${program}`, {}).then(
      () => true,
      () => false,
    );
    if (isThere) tools.push(...those);
    else process.stderr.write(`${program} is not installed: measured without it\n`);
  }
  return tools;
};

/** Leaves nothing of a tool behind. */
export const clean = (own: string): Promise<void> => rm(own, { recursive: true, force: true });
