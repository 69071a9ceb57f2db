/** What the bytes of a file would do to whoever loads it. */
export interface FileFormat {
  /** As people call it. */
  readonly name: string;
  /** Whether loading it can run code that it holds. */
  readonly runsCode: boolean;
}

const code = (name: string): FileFormat => ({ name, runsCode: true });
const data = (name: string): FileFormat => ({ name, runsCode: false });

export const PICKLE = code('pickle');
const TORCH = code('PyTorch pickle');
const KERAS = code('Keras model, which may hold Lambda layers');
const SOURCE = code('Python code');
const NATIVE = code('native library');

/** By the end of the file name, in lower case. */
const BY_EXTENSION: Readonly<Record<string, FileFormat>> = {
  pkl: PICKLE,
  pickle: PICKLE,
  pck: PICKLE,
  dill: PICKLE,
  cloudpickle: PICKLE,
  joblib: code('joblib pickle'),
  pt: TORCH,
  pth: TORCH,
  ckpt: TORCH,
  h5: KERAS,
  hdf5: KERAS,
  keras: KERAS,
  py: SOURCE,
  pyc: code('Python bytecode'),
  so: NATIVE,
  pyd: NATIVE,
  dll: NATIVE,
  whl: code('Python package'),
  onnx: data('ONNX'),
  safetensors: data('safetensors'),
  skops: data('skops'),
  ubj: data('XGBoost model'),
  lgb: data('LightGBM model'),
  cbm: data('CatBoost model'),
  gguf: data('GGUF'),
  npy: data('NumPy array'),
};

/** The format that a file name promises. */
export const formatByName = (path: string): FileFormat | undefined => {
  const extension = /\.([A-Za-z0-9]+)$/.exec(path)?.[1]?.toLowerCase();
  return extension !== undefined && Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension] : undefined;
};

/** Bytes that tell a format. */
export const HEAD_BYTES = 1024;

/**
 * The format that the first bytes of a file show; nothing of it is loaded.
 *
 * @param head - the first `HEAD_BYTES`, or all of a smaller file
 * @see https://docs.python.org/3/library/pickletools.html for the opcodes that pickles begin with
 */
export const formatByContent = (head: Uint8Array): FileFormat | undefined => {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const text = bytes.toString('latin1');
  const found = CONTENTS.find(
    ({ begins, holds }) => beginsWithAny(bytes, begins) && (holds === undefined || holds.test(text)),
  );
  return found?.format;
};

interface Content {
  /** In hex, any of them; absent: `holds` alone tells. */
  readonly begins?: readonly string[];
  /** In the bytes as text, one character each. */
  readonly holds?: RegExp;
  readonly format: FileFormat;
}

const PICKLE_PROTOCOLS = ['8002', '8003', '8004', '8005'];
const NUMPY = ['934e554d5059'];

/** In order: the first that fits counts. */
const CONTENTS: readonly Content[] = [
  { begins: ['80028a0a6cfc9c46f9206aa85019'], format: TORCH },
  { begins: PICKLE_PROTOCOLS, holds: /cloudpickle/, format: code('cloudpickle') },
  { begins: PICKLE_PROTOCOLS, holds: /joblib/, format: code('joblib pickle') },
  { begins: PICKLE_PROTOCOLS, format: PICKLE },
  { begins: ['5d7100', '7d7100', '285d7100', '287d7100'], format: PICKLE },
  // Protocol 0 has no mark of its own: it begins with an import, or with a container that is remembered at once.
  { holds: /^(?:\(?c[\w.]+\n[\w.]+\n(?:p\d+\n|[q(.)])|\(?[dl]p\d+\n)/, format: PICKLE },
  // The first file of the archive is the pickle.
  { begins: ['504b0304'], holds: /^.{30}.{0,200}?data\.pkl/s, format: TORCH },
  { begins: NUMPY, holds: /'\|O'/, format: code('NumPy objects, a pickle') },
  { begins: NUMPY, format: data('NumPy array') },
  { begins: ['894844460d0a1a0a'], format: KERAS },
  { begins: ['7f454c46', 'cffaedfe', 'cafebabe', '4d5a9000'], format: NATIVE },
  { begins: ['47475546'], format: data('GGUF') },
  { begins: ['43424d31'], format: data('CatBoost model') },
  { holds: /^tree\nversion=/, format: data('LightGBM model') },
  { holds: /^\{L?.{0,16}learner/s, format: data('XGBoost model') },
];

/** gzip, zlib, bzip2, xz and LZ4: joblib and pandas write pickles in all of them. */
const COMPRESSIONS = ['1f8b', '7801', '785e', '789c', '78da', '425a68', 'fd377a585a00', '04224d18'];

export const isCompressed = (head: Uint8Array): boolean => beginsWithAny(head, COMPRESSIONS);

const beginsWithAny = (bytes: Uint8Array, prefixes: readonly string[] | undefined): boolean =>
  prefixes === undefined ||
  prefixes.some((hex) => Buffer.from(bytes.subarray(0, hex.length / 2)).toString('hex') === hex);
