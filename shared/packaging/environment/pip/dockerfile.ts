import { SlipwayError } from '../../../platform/errors.ts';

/** Names the layout below; it is part of every key, so it changes whenever the file would. */
export const PIP_TEMPLATE = 'pip-1';

export interface DockerfileInput {
  /** Image to build on, by digest: `python:3.11-slim@sha256:…`. */
  readonly base: string;
  /** Minor, such as `3.11`; its interpreter is on the base’s PATH under that name. */
  readonly python: string;
  /** Root of a package index. */
  readonly indexUrl: string;
  /** Whether packages are resolved first; else `requirements.lock` is in the context. */
  readonly resolve: boolean;
  readonly constrained: boolean;
  readonly port: number;
}

const BASE = /^[a-z0-9][a-z0-9._:/-]{0,254}@sha256:[0-9a-f]{64}$/;
const PYTHON = /^3\.\d{1,2}$/;
const URL_TEXT = /^https?:\/\/[A-Za-z0-9._~:/%+-]+$/;

/**
 * A Dockerfile that installs an environment by pip at `/opt/env` and the scoring server at `/opt/server`. A function of
 * its input alone: every value stands there literally, so that a build needs no arguments and nothing can be injected.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for a value that could be more than a literal
 */
export const dockerfile = (input: DockerfileInput): string => {
  const { base, python, indexUrl, port } = input;
  if (!BASE.test(base)) throw invalid('the base image must be named by its digest');
  if (!PYTHON.test(python)) throw invalid('the version of Python must be a minor such as 3.11');
  if (!URL_TEXT.test(indexUrl)) throw invalid('the index must be a plain http(s) URL without credentials');
  const run = `python${python}`;
  const steps = [
    ...(input.resolve ? resolveSteps(input) : []),
    `cat /build/requirements.lock`,
    `${run} -m venv --without-pip /opt/env`,
    `${run} -m pip --python /opt/env/bin/${run} install --no-compile --no-deps --require-hashes --only-binary=:all: --index-url ${indexUrl} -r /build/requirements.lock`,
    `${run} -m pip --python /opt/env/bin/${run} check`,
    `${run} -m compileall -q --invalidation-mode unchecked-hash /opt/env/lib`,
    `cp /build/requirements.lock /opt/env/requirements.lock`,
    `find /opt/env -exec touch -hd @315532800 {} +`,
  ];
  return `# ${PIP_TEMPLATE}
FROM ${base} AS build
USER 0
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PYTHONHASHSEED=0 SOURCE_DATE_EPOCH=315532800 LC_ALL=C.UTF-8
COPY build/ /build/
RUN ${steps.join(' \\\n && ')}
FROM ${base}
USER 0
COPY --from=build /opt/env /opt/env
COPY server/ /opt/server/
RUN printf 'model:x:65532:65532::/tmp:/usr/sbin/nologin\\n' >> /etc/passwd && printf 'model:x:65532:\\n' >> /etc/group
ENV PATH=/opt/env/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp PORT=${port}
WORKDIR /opt/ml
EXPOSE ${port}
USER 65532:65532
ENTRYPOINT ["${run}", "-I", "-S", "/opt/server/main.py"]
`;
};

const resolveSteps = ({ python, indexUrl, constrained }: DockerfileInput): readonly string[] => [
  `python${python} -m pip install --dry-run --ignore-installed --quiet --only-binary=:all: --index-url ${indexUrl} --report /build/report.json -r /build/requirements.in${constrained ? ' -c /build/constraints.txt' : ''}`,
  `python${python} /build/lock.py /build/report.json /build/requirements.lock`,
];

const invalid = (message: string) => new SlipwayError('INVALID_PARAMETER_VALUE', message);

/** Turns pip's report into a lock; standard library only, because it runs before anything is installed. */
export const LOCK_SCRIPT = `import json
import re
import sys

with open(sys.argv[1], encoding="utf-8") as report:
    installs = json.load(report)["install"]
lines = []
for item in installs:
    archive = item["download_info"].get("archive_info", {})
    hashes = archive.get("hashes") or dict([archive["hash"].split("=", 1)] if archive.get("hash") else [])
    if "sha256" not in hashes:
        sys.exit("has no wheels with a matching hash: " + item["metadata"]["name"])
    name = re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower()
    target = " @ " + item["download_info"]["url"] if item.get("is_direct") else "==" + item["metadata"]["version"]
    lines.append(name + target + " --hash=sha256:" + hashes["sha256"])
with open(sys.argv[2], "w", encoding="utf-8") as lock:
    lock.write("# lock of slipway\\n" + "".join(line + "\\n" for line in sorted(lines)) + "# end of lock\\n")
`;
