/** One distribution that an environment holds. */
export interface LockedPackage {
  /** Normalised, as in PEP 503. */
  readonly name: string;
  readonly version: string;
  readonly fileName?: string;
  readonly url?: string;
  /** Hex digests of the files that may be taken for it. */
  readonly sha256s: readonly string[];
  /** Bytes of the file. */
  readonly size?: number;
}

/** What an environment was resolved to. */
export interface Lock {
  /** Major and minor that it was resolved for. */
  readonly python: string;
  /** Such as `linux-x86_64`. */
  readonly platform: string;
  readonly packages: readonly LockedPackage[];
  /** `requirements.lock` with hashes, as pip reads it. */
  readonly text: string;
}
