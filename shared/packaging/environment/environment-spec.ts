/** Where pip looks, and what it may take. */
export interface PipOptions {
  /** Absent: the index that the installation names. */
  readonly indexUrl?: string;
  readonly extraIndexUrls: readonly string[];
  /** Whether pre-releases may be taken. */
  readonly pre: boolean;
  /** Package names, or `:all:`, in order. */
  readonly onlyBinary: readonly string[];
  readonly noBinary: readonly string[];
}

/**
 * What a model's Python environment must hold, in canonical form: files that mean the same give the same value. Lists
 * are sorted and without repeats, names are normalised; pip, setuptools and wheel are left out.
 */
export interface EnvironmentSpec {
  /** Major and minor, such as `3.11`. */
  readonly python: string;
  /** PEP 508 requirements, such as `numpy==2.1.3`. */
  readonly requirements: readonly string[];
  readonly constraints: readonly string[];
  /** Packages that conda must bring, and its channels in their own order; both empty when there are none. */
  readonly conda: { readonly channels: readonly string[]; readonly packages: readonly string[] };
  readonly options: PipOptions;
}
